#include "secrets/resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "secrets/file.h"

namespace idpd::secrets {

namespace {

using base::Code;
using base::Error;
using base::Result;

constexpr const char* credentials_variable = "CREDENTIALS_DIRECTORY";

bool is_reserved(const std::string& variable) {
  return variable.starts_with("CLOUDFLARE_") || variable.starts_with("IDPD_");
}

// Without the one newline that editors and `echo` put at the end.
Secret without_newline(const Secret& secret) {
  std::string_view text = secret.reveal();
  if (text.ends_with('\n')) {
    text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
  }
  return Secret(std::string(text));
}

}  // namespace

Resolver::Resolver(Environment environment, Policy policy)
    : environment_(std::move(environment)), policy_(std::move(policy)) {}

Result<Secret> Resolver::read_text_file(const std::string& resolved) const {
  auto secret = read_secret_file(resolved);
  if (!secret) return secret;
  if (is_public(resolved) && public_files_.insert(resolved).second) {
    base::log(base::LogLevel::warn,
              fmt::format("every user of this machine may read the secret in {}; chmod o-r",
                          base::printable(resolved)));
  }
  return without_newline(*secret);
}

Result<Secret> Resolver::read_variable(const std::string& name) const {
  if (!policy_.settings && is_reserved(name)) {
    return Error{Code::invalid,
                 "is refused: CLOUDFLARE_* and IDPD_* variables are idpd's own; use another name"};
  }
  if (!policy_.settings && policy_.refused_variables.contains(name)) {
    return Error{Code::invalid,
                 "is refused: idpd's own settings use that variable; keep this secret in another one"};
  }
  auto value = environment_(name);
  if (!value) return Error{Code::invalid, "is not set; set the variable in idpd's environment"};
  Secret secret(*value);  // no move: a short string would stay behind unwiped
  base::wipe(*value);
  if (secret.reveal().size() > most_bytes) {
    return Error{Code::invalid, fmt::format("is larger than {} KiB; that is no secret", most_bytes / 1024)};
  }
  return secret;
}

Result<Secret> Resolver::read_file(const std::string& path) const {
  if (path.front() != '/') return Error{Code::invalid, "must be an absolute path, beginning with /"};
  const auto within = [](const std::string& resolved) {
    return [&resolved](const std::string& folder) { return lies_within(resolved, folder); };
  };
  if (policy_.settings) {
    auto resolved = resolve_links(path);
    return resolved ? read_text_file(*resolved) : Result<Secret>(resolved.error());
  }
  if (policy_.files.empty()) {
    return Error{Code::invalid,
                 "is refused: the settings allow no files; list its folder there or use ${credential:NAME}"};
  }
  const auto resolved = resolve_links(path);
  if (!resolved) return resolved.error();
  if (std::none_of(policy_.files.begin(), policy_.files.end(), within(*resolved))) {
    return Error{Code::invalid,
                 "is refused: with links resolved it lies in none of the folders that the settings allow"};
  }
  if (std::any_of(policy_.refused_files.begin(), policy_.refused_files.end(), within(*resolved))) {
    return Error{Code::invalid,
                 "is refused: idpd's own settings use that file; keep this secret in another one"};
  }
  // Otherwise the credentials that the settings use could be had by path.
  const auto credentials = environment_(credentials_variable);
  if (credentials && lies_within(*resolved, *credentials)) {
    return Error{Code::invalid, "is refused: it is a systemd credential; write ${credential:NAME}"};
  }
  return read_text_file(*resolved);
}

Result<Secret> Resolver::read_credential(const std::string& name) const {
  if (!policy_.settings && policy_.refused_credentials.contains(name)) {
    return Error{Code::invalid,
                 "is refused: idpd's own settings use that credential; keep this secret in another one"};
  }
  const std::string way_out = fmt::format(
      "put LoadCredential={0}:/path/to/{0} into the unit, or for a run by hand set {1} to a folder with the "
      "file {0}",
      base::printable(name), credentials_variable);
  const auto directory = environment_(credentials_variable);
  if (!directory || directory->empty()) {
    return Error{Code::invalid,
                 fmt::format("cannot be read, {} is not set; {}", credentials_variable, way_out)};
  }
  if (directory->front() != '/') {
    return Error{
        Code::invalid,
        fmt::format("cannot be read, {} is no absolute path; set it to the absolute path of a folder",
                    credentials_variable)};
  }
  const auto resolved = resolve_links(*directory + "/" + name);
  if (!resolved) return Error{resolved.error().code, resolved.error().message + "; " + way_out};
  if (!lies_within(*resolved, *directory)) {
    return Error{Code::invalid,
                 fmt::format("is refused: it is a link that leads out of {}", credentials_variable)};
  }
  for (const std::string& refused : policy_.refused_credentials) {  // under another name, by a link
    if (!policy_.settings && lies_within(*resolved, *directory + "/" + refused)) {
      return Error{Code::invalid, "is refused: it is a link to a credential that idpd's own settings use"};
    }
  }
  return read_text_file(*resolved);
}

Result<Secret> Resolver::read(const Reference& reference) const {
  if (reference.kind == Reference::Kind::env) return read_variable(reference.name);
  if (reference.kind == Reference::Kind::file) return read_file(reference.name);
  return read_credential(reference.name);
}

Result<Secret> Resolver::resolve(std::string_view text) const {
  auto parts = base::parse_references(text);
  if (!parts) return parts.error();
  std::vector<Secret> values;
  std::size_t size = 0;
  for (base::Part& part : *parts) {
    if (!part.reference) {
      values.emplace_back(std::move(part.literal));
    } else {
      auto value = read(*part.reference);
      std::string problem;
      if (!value) {
        problem = value.error().message;
      } else if (value->empty()) {
        problem = "is empty; put the secret there";
      } else if (value->reveal().find('\0') != std::string_view::npos) {
        problem = "holds a NUL byte; a secret is text";
      }
      if (!problem.empty()) {
        Error error = value ? Error{Code::invalid, {}} : value.error();
        error.message = base::shown(*part.reference) + " " + problem;
        return error;
      }
      values.push_back(*std::move(value));
    }
    size += values.back().reveal().size();
  }
  if (size > most_bytes) {
    return Error{Code::invalid, fmt::format("the secret is larger than {} KiB", most_bytes / 1024)};
  }
  std::string whole;
  whole.reserve(size);  // growing would leave copies behind
  for (const Secret& value : values) whole += value.reveal();
  Secret secret(whole);  // no move: a short string would stay behind unwiped
  base::wipe(whole);
  return secret;
}

}  // namespace idpd::secrets
