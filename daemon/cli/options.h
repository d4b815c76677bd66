// The command line as a value. CLI11 reads it, in options.cpp alone.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "cli/world.h"

namespace idpd::cli {

enum class Output { text, json, markdown, github, gitlab };

struct Options {
  std::string command;
  std::string config;  // --config, else /etc/idpd/idpd.yaml where it exists, else empty
  base::LogLevel log_level = base::LogLevel::warn;
  bool log_json = false;
  bool color = false;
  Output output = Output::text;
  std::vector<std::string> paths;
  std::vector<std::string> accounts;
  std::vector<std::string> only;
  std::string out;      // plan: a file; import: a folder
  std::string git_rev;  // plan: a branch, tag or commit; empty = what the settings say
  bool detailed_exitcode = false;
  bool strict = false;

  std::string plan_file;
  bool auto_approve = false;
  bool allow_deletes = false;
  std::optional<std::size_t> max_deletes;
  bool allow_empty = false;
  bool resend_secrets = false;
  std::string expect;
  std::chrono::milliseconds lock_timeout{30'000};

  bool control = false;  // check: try a wrong secret as well
  bool adopt = false;
  std::string account_id;   // init
  std::string alias;        // init; empty: asked for, or `production`
  std::string ci;           // init: github, gitlab or none; empty: asked for, or none
  std::string key;          // forget
  std::string fingerprint;  // approve
  std::string name;         // schema
  std::string shell;        // completion
};

// Nothing when the program is done already (help, a usage error); the exit code is then in `exit_code`.
std::optional<Options> parse_options(int argc, const char* const* argv, const World& world, int& exit_code);

// A completion script for `bash`, `zsh` or `fish`, made from the same definitions; empty for another shell.
std::string completion_script(const std::string& shell);

}  // namespace idpd::cli
