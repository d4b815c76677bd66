// A schedule: steps that are drawn from a seed and mean something wherever they stand, so that one that fails
// can be shrunk by leaving steps out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace idpd::test {

enum class Act {
  add,         // files: another identity provider
  change,      // a value
  rename,      // its display name
  rekey,       // its key
  drop,        // no longer named
  retype,      // of another type
  scim,        // on, off or not stated
  pkce,        // the same
  prevent,     // prevent_delete
  adopt,       // adopt_id
  swap,        // two names
  empty,       // nothing is named
  break_file,  // as a half-written one
  mend_file,
  rotate,       // a secret behind its reference
  lose_secret,  // it cannot be had
  find_secrets,
  person_changes,  // in the dashboard: a value
  person_renames,
  person_deletes,
  person_adds,     // a stranger
  person_twins,    // a stranger that is called as the files call theirs
  person_extends,  // a field that no file names
  person_refers,   // an application
  person_frees,
  person_stops_scim,
  fault,
  deliver,  // some requests of one process
  settle,   // all of them
  advance,  // time, with all requests
  wait,     // time, while nobody gets an answer
  crash,
  crash_after,  // the request is carried out, and its answer comes to nobody
  start,
  stop,
  reload,
  apply,
  approve,
  ask,
  mode,
  deletes,
  unmanaged,
};
inline constexpr unsigned acts = 42;

struct Step {
  Act act = Act::settle;
  unsigned a = 0;
  unsigned b = 0;
};

struct Schedule {
  std::size_t hosts = 1;
  std::vector<Step> steps;
};

Schedule draw(std::uint64_t seed);
std::string text_of(const Schedule& schedule);

struct Verdict {
  std::vector<std::string> problems;
  std::vector<std::string> log;
  std::size_t writes = 0;
};
Verdict run(const Schedule& schedule);

// The same failure with as few steps as can be found in a moment.
Schedule shrunk(Schedule schedule);

}  // namespace idpd::test
