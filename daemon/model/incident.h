// What the daemon remembers and tells: where the files came from, passes, and incidents, each one continuous
// period in which one thing was not as it should be. Plain values; state/ keeps them, service/ opens and ends
// them, their JSON forms are those of the status and history documents (README.md, "Status as JSON").
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace idpd::model {

using Time = std::chrono::sys_seconds;

// The state of a repository that the files were read from.
struct Revision {
  std::string commit;
  std::string author = {};   // "Name <address>"
  std::string subject = {};  // the first line of its message
  bool dirty = false;        // a folder in a work tree that differs from the commit

  bool operator==(const Revision&) const = default;
};

// Who changed a live object, from the account's audit log.
struct Attribution {
  std::string actor;
  std::string interface = {};  // dashboard, API, …
  std::string at;              // RFC 3339, as the log has it

  bool operator==(const Attribution&) const = default;
};

enum class Kind { drift, failure, withheld, expiry, check };
// How it ended: idpd wrote it back; somebody undid it in Cloudflare; the files took it over; it is simply
// over.
enum class Ending { healed, reverted, accepted, resolved };

std::string_view name_of(Kind kind);
std::string_view name_of(Ending ending);

struct Difference {
  std::string path;
  base::Json live;  // null when sensitive or absent
  base::Json desired;
  bool sensitive = false;

  bool operator==(const Difference&) const = default;
};

struct Incident {
  std::int64_t number = 0;  // given by the store
  Kind kind = Kind::drift;
  std::string account;  // the alias; empty: about the files as a whole
  std::string account_id = {};
  std::string key = {};  // empty: about the account as a whole, or one that no file names
  std::string id = {};   // the live id
  std::string name = {};
  std::string type = {};
  std::string matter = {};       // sets apart what is of one kind and key: `scim_secret`; empty = the usual
  std::string fingerprint = {};  // of what is wrong: another one is another state of the same incident
  std::string message = {};      // one or two sentences for a person
  std::string approve = {};      // a withheld one that can be approved: the plan's fingerprint
  std::vector<Difference> fields = {};
  std::optional<Attribution> changed_by = {};
  Time first_seen{};
  Time last_seen{};
  std::optional<Time> ended = {};
  std::optional<Ending> ending = {};

  bool operator==(const Incident&) const = default;
};

enum class PassResult { in_sync, changes, withheld, failed, unknown };
std::string_view name_of(PassResult result);

struct Pass {
  std::int64_t number = 0;  // given by the store
  std::string account;
  std::string account_id;
  Time began{};
  Time ended{};
  PassResult result = PassResult::unknown;
  std::size_t applied = 0;   // changes that were carried out
  std::size_t withheld = 0;  // changes that were not, on purpose
  std::string error = {};    // why it is unknown or failed
  std::string trigger = {};  // start, interval, files, reload, request, approval, retry, overtaken
  std::string commit = {};   // in force

  bool operator==(const Pass&) const = default;
};

base::Json to_json(const Revision& revision);
base::Json to_json(const Incident& incident);
base::Json to_json(const Pass& pass);
// Errors say what is missing or wrong.
base::Result<Incident> incident_from(const base::Json& json);
base::Result<Pass> pass_from(const base::Json& json);

std::string timestamp(Time at);
// Of an RFC 3339 time in UTC, whole seconds of it; nothing when it is none.
std::optional<Time> time_from(const std::string& text);
// Of YYYY-MM-DD, the beginning of the day: who gave a date may have meant any hour of it.
std::optional<Time> day_from(const std::string& text);

}  // namespace idpd::model
