// Cloudflare as the schedules need it: one account's identity providers with what was answered about them
// lately, so that reads may lag, and faults for any request. It does what it is asked; whether that was right
// is for rules.h to say, which is told of every write before it takes effect.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "http/transport.h"
#include "reliability/files.h"

namespace idpd::test {

enum class Fault {
  none,
  lost_before,    // the connection breaks, and nothing was done
  lost_after,     // the same, and it was done
  error_before,   // 500
  error_after,    // 502 with a page of HTML, and it was done
  too_many,       // 429
  refused,        // 400
  garbage_after,  // 200 with what is no JSON, and it was done
  not_success,    // 200 with `success: false`
  redirect,       // 302
  short_list,     // fewer than its total_count
  empty_list,     // a successful one
  stale,          // as it was some writes ago
};
inline constexpr int faults = 13;
const char* name_of(Fault fault);

// The API's account of what a request came to.
struct Answer {
  base::Result<http::Response> response = http::Response{};
  bool committed = false;
  bool delivered = false;  // and the client can read that
  bool gave_scim = false;  // a SCIM secret was made, and stands in the answer
};

class Cloud {
 public:
  // Told of a POST, PUT or DELETE that is about to take effect; `id` is that of the object, new or not.
  using Witness = std::function<void(http::Method, const std::string& id, const Json& body)>;

  std::map<std::string, Json> objects;                 // id -> as it is answered
  std::map<std::string, std::string> secrets;          // id -> the real client secret
  std::map<std::string, std::string> scim;             // id -> the SCIM secret that was last given out
  std::map<std::string, std::set<std::string>> names;  // id -> every name that it ever had
  std::map<std::string, int> hidden;                   // id -> lists that it stays out of
  int lag = 0;                                         // the next one that is made stays out of so many
  std::set<std::string> referenced;                    // by an Access app
  std::set<std::string> made_by_people;

  Answer answer(const http::Request& request, Fault fault, const Witness& witness);

  // As a person does it in the dashboard.
  std::string add(const std::string& type, const std::string& name, int client);
  // Before anything is changed by hand: what was is kept, so that a read may lag.
  void keep_past();

 private:
  http::Response list(Fault fault);
  http::Response apps() const;
  Json post(const Json& body);
  void store(const std::string& id, const Json& body, const Json* before);
  const std::map<std::string, Json>& as_seen(Fault fault) const;

  std::deque<std::map<std::string, Json>> past_;  // the newest last
  std::string scim_in_answer_;
  int made_ = 0;
  int scim_made_ = 0;
};

// `POST`, `GET list`, `GET id`, `GET apps`, …: what a request is for.
std::string kind_of(const http::Request& request);
// The id in its path; empty where it has none.
std::string id_in(const http::Request& request);

}  // namespace idpd::test
