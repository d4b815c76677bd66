#include "config/account_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/text.h"

namespace idpd::config {

namespace {

using model::DesiredProvider;
using model::Diagnostic;
using model::Location;
using model::Severity;

struct Owner {
  const DesiredProvider* provider;
  bool shared;
};

// Each of a kind of thing may be there once.
class Once {
 public:
  explicit Once(std::vector<Told>& told) : told_(told) {}

  // `path`: where the provider says it; empty: by being there.
  template <typename Describe>
  void take(std::string_view what, const Owner& one, std::string_view path, Describe describe) {
    if (what.empty()) return;
    const auto [first, added] = seen_.emplace(what, &one);
    if (added) return;
    const bool many = one.shared || first->second->shared;
    const Location where = path.empty() ? one.provider->where : one.provider->location(path);
    told_.push_back(
        {{Severity::error, where,
          fmt::format("{} is taken by {}{}", describe(), first->second->provider->where.text(),
                      many ? "; a file takes an account out with \"!ALIAS\" in its accounts" : "")},
         many});
  }

 private:
  std::vector<Told>& told_;
  std::unordered_map<std::string_view, const Owner*> seen_;
};

}  // namespace

std::optional<DesiredProvider> made_for(const Entry& entry, const Variables* variables, EntryReader& reader,
                                        std::vector<Told>& told) {
  if (entry.provider || !entry.node) return entry.provider;
  static const Variables none;
  const Variables& known = variables ? *variables : none;
  std::vector<UnknownVariable> unknown;
  const Node node = filled(*entry.node, known, unknown);
  for (const UnknownVariable& each : unknown) {
    std::vector<std::string> names{"account", "account_id"};
    for (const auto& [name, value] : known) names.push_back(name);
    told.push_back(
        {{Severity::error,
          {entry.place.where.file, each.line, each.column},
          fmt::format(
              "there is no variable \"{}\"{}; say it under the account's `variables` in the settings, or "
              "under account_defaults",
              base::printable(each.name), base::did_you_mean(each.name, names))},
         true});
  }
  if (!unknown.empty()) return std::nullopt;
  std::vector<Diagnostic> diagnostics;
  auto out = reader.read(entry.place, node, diagnostics);
  for (Diagnostic& one : diagnostics) told.push_back({std::move(one), entry.shared});
  return out;
}

void check_account(AccountEntries& account, const Variables* variables, const model::TypeCatalog& catalog,
                   EntryReader& reader) {
  std::deque<DesiredProvider> made;
  std::vector<Owner> all;
  all.reserve(account.entries.size());
  for (const auto& one : account.entries) {
    const DesiredProvider* provider = one->provider ? &*one->provider : nullptr;
    if (!provider) {
      auto its = made_for(*one, variables, reader, account.told);
      account.secret_in_clear |= !its;
      if (!its) continue;
      for (const auto& [path, secret] : its->secrets) account.secret_in_clear |= secret.in_clear;
      provider = &made.emplace_back(*std::move(its));
    }
    all.push_back({provider, one->shared});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Owner& a, const Owner& b) { return a.provider->key < b.provider->key; });
  Once keys(account.told), names(account.told), singletons(account.told), adopted(account.told);
  for (const Owner& each : all) {
    const DesiredProvider& one = *each.provider;
    keys.take(one.key, each, "", [&] { return fmt::format("the key \"{}\"", base::printable(one.key)); });
    names.take(one.name(), each, "name",
               [&] { return fmt::format("the name \"{}\"", base::printable(one.name())); });
    if (catalog.find(one.type)->singleton) {
      singletons.take(one.type, each, "",
                      [&] { return fmt::format("the type {}, of which an account has one,", one.type); });
    }
    adopted.take(one.options.adopt_id, each, "options.adopt_id", [] { return "this adopt_id"; });
  }
}

}  // namespace idpd::config
