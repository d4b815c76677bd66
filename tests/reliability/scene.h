// All that a schedule happens in: the cloud, hosts with their state directories, the processes on them, and
// one time for all. `problems` is what went against a promise (rules.h says which those are).
#pragma once

#include <fmt/format.h>

#include <deque>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "reliability/process.h"

namespace idpd::test {

struct GivenScim {
  std::string key;
  bool came = false;  // the answer
};

struct Host {
  explicit Host(std::string its_name);

  std::string name;
  Folder state;
  config::Settings settings;
  std::vector<Files> versions;            // all that the files ever said, the current ones last
  std::optional<Files> kept;              // the last good ones, as a daemon has seen them
  std::set<std::string> made;             // ids of what processes of this host have created
  std::set<std::string> known;            // ids that its records ever held
  std::map<std::string, GivenScim> scim;  // by id: secrets that were made for this host last
  std::set<std::string>
      attempted;                 // type and name of creates that got no answer: what is called so may be ours
  std::set<std::string> unseen;  // ids that somebody changed between a write without an answer and its read
                                 // back: nobody can tell that from the server's own form
  std::map<std::string, std::size_t> writes;  // by process

  const Files& files() const { return versions.back(); }
  // As they are on the disk now, by whatever process.
  std::vector<model::Record> records() const;
};

struct PlannedFault {
  Fault fault = Fault::none;
  bool writes = false;  // for the next writes; else for the next reads that it fits
  int times = 1;
};

struct Scene {
  explicit Scene(std::size_t hosts);

  Cloud cloud;
  Secrets secrets;
  std::deque<Host> hosts;
  std::list<std::unique_ptr<Process>> processes;
  std::deque<PlannedFault> faults;
  std::vector<std::string> problems;
  std::vector<std::string> log;  // what happened, for a person who looks for the reason
  std::chrono::nanoseconds elapsed{0};

  void problem(const Process& who, const std::string& what);
  void note(std::string what) { log.push_back(std::move(what)); }

  std::string new_name(const char* command, const Host& host) {
    return fmt::format("{} {}{}", command, host.name, ++started_);
  }
  Process& add(std::unique_ptr<Process> process);
  void remove(Process& process);
  DaemonProcess* daemon(std::size_t index);
  // Lets the request of this process through, with the next fault that fits it.
  void deliver(Process& process, bool dies = false);
  // Until nobody waits for an answer any more.
  void settle();
  // Time goes on; with `deliver`, every request is answered at once.
  void advance(std::chrono::nanoseconds length, bool deliver);

 private:
  Fault next_fault(const http::Request& request);
  void settle_all();
  int started_ = 0;
};

}  // namespace idpd::test
