// A listening socket for the admin endpoint: loopback TCP, or a unix socket that only this user and the group
// idpd may use. Nothing here blocks. Who opens one closes it; closing takes the unix socket's file away.
#pragma once

#include <sys/types.h>

#include <utility>

#include "base/result.h"
#include "config/listen.h"

namespace idpd::service {

class AdminSocket {
 public:
  // Errors (io), each with the address: it is taken, its folder is not there, may not be written, …. A unix
  // socket's file that nobody answers on is replaced, any other file is not.
  static base::Result<AdminSocket> open(const config::Listen& where);
  AdminSocket(AdminSocket&& other) noexcept;
  AdminSocket& operator=(AdminSocket&&) = delete;
  AdminSocket(const AdminSocket&) = delete;
  ~AdminSocket();

  const config::Listen& where() const { return where_; }  // with the port that it got
  // The socket is the caller's to close from here on; the file stays ours.
  int release() { return std::exchange(descriptor_, -1); }

 private:
  AdminSocket(config::Listen where, int descriptor) : where_(std::move(where)), descriptor_(descriptor) {}
  base::Result<void> bind_unix();
  base::Result<void> bind_tcp();
  base::Error failure(const char* what) const;

  config::Listen where_;
  int descriptor_ = -1;
  // The file that was made; what somebody else put in its place is not removed.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace idpd::service
