// One writer an account: an flock on `<state>/locks/<account id>`, released by the kernel when the process
// dies. The file's text names the holder for people; the lock is the flock alone. Held by value, from
// listing to save.
#pragma once

#include <string>

#include "base/result.h"

namespace idpd::state {

class AccountLock {
 public:
  // Does not wait. Error `locked` names the holder (`pid 123 (idpd apply), since …`), retryable.
  static base::Result<AccountLock> try_acquire(const std::string& directory, const std::string& account_id,
                                               const std::string& purpose);

  AccountLock(AccountLock&& other) noexcept;
  AccountLock& operator=(AccountLock&& other) noexcept;
  AccountLock(const AccountLock&) = delete;
  AccountLock& operator=(const AccountLock&) = delete;
  ~AccountLock();

 private:
  explicit AccountLock(int fd) : fd_(fd) {}
  void disown();   // closes the file and leaves the holder's text alone
  void release();  // the same for the holder: its text goes
  int fd_ = -1;
};

}  // namespace idpd::state
