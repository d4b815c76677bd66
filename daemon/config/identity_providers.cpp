#include "config/identity_providers.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "config/account_entries.h"

namespace idpd::config {

using model::DesiredProvider;
using model::DesiredState;
using model::Diagnostic;
using model::Severity;
using model::TypeCatalog;

namespace {

constexpr std::size_t few_accounts = 3;  // are named in a message that is about many

std::string named(const std::vector<std::string>& accounts) {
  const std::vector<std::string> first(
      accounts.begin(),
      accounts.begin() + static_cast<std::ptrdiff_t>(std::min(few_accounts, accounts.size())));
  std::string out = (accounts.size() > 1 ? "s " : " ") + base::join(first, ", ");
  if (accounts.size() > few_accounts) out += fmt::format(" and {} more", accounts.size() - few_accounts);
  return out;
}

void sort_by_key(DesiredState& state) {
  std::stable_sort(state.providers.begin(), state.providers.end(),
                   [](const auto& a, const auto& b) { return a.key < b.key; });
}

// One mistake in a file for many accounts is one message, which names a few of them.
class Gathered {
 public:
  void add(const Told& one, const std::string& alias) {
    if (!one.of_account) return add(one.what);
    const model::Location& where = one.what.where;
    const auto [mistake, added] =
        accounts_.try_emplace({where.file, where.line, where.column, one.what.message});
    mistake->second.push_back(alias);
    if (added) all_.emplace_back(one.what, &mistake->second);
  }
  void add(const Diagnostic& one) { all_.emplace_back(one, nullptr); }

  // Sorted by place.
  std::vector<Diagnostic> take(bool strict) {
    std::vector<Diagnostic> out;
    out.reserve(all_.size());
    for (auto& [one, accounts] : all_) {
      if (accounts) one.message += fmt::format(" (account{})", named(*accounts));
      if (strict) one.severity = Severity::error;
      out.push_back(std::move(one));
    }
    std::stable_sort(out.begin(), out.end(), [](const Diagnostic& a, const Diagnostic& b) {
      return std::tie(a.where.file, a.where.line, a.where.column) <
             std::tie(b.where.file, b.where.line, b.where.column);
    });
    return out;
  }

 private:
  std::map<std::tuple<std::string, int, int, std::string>, std::vector<std::string>> accounts_;  // by mistake
  std::vector<std::pair<Diagnostic, const std::vector<std::string>*>> all_;
};

}  // namespace

// What one reading has made of the files. The next one, if there will be one, takes from it what is the same:
// files by path and digest of their text, accounts by their entries.
class Loader {
 public:
  Loader(const std::vector<SourceFile>& files, const TypeCatalog& catalog, const LoadOptions& options,
         bool next, const Loader* before)
      : next_(next),
        variables_(options.variables),
        reader_(before ? before->reader_ : std::make_shared<FileReader>(catalog, options)) {
    for (const std::string& alias : options.accounts) accounts_[alias];
    Gathered all;
    for (const SourceFile& file : files) take_file(file, before, all);
    for (auto& [alias, account] : accounts_) take_account(alias, account, catalog, before, all);
    diagnostics = all.take(options.strict);
  }

  std::vector<Diagnostic> diagnostics;

  const auto& accounts() const { return accounts_; }
  std::size_t parsed() const { return parsed_; }

  bool holds_secret_in_clear() const {
    const auto of_file = [](const auto& one) { return one.second.file->secret_in_clear; };
    const auto of_account = [](const auto& one) { return one.second.secret_in_clear; };
    return std::any_of(files_.begin(), files_.end(), of_file) ||
           std::any_of(accounts_.begin(), accounts_.end(), of_account);
  }

  std::size_t signature(const std::string& alias) const {
    std::size_t out = 0;
    const auto found = accounts_.find(alias);
    if (found == accounts_.end()) return out;
    constexpr std::size_t factor = 1'000'003;  // so that their order counts
    for (const auto& one : found->second.entries) out = out * factor + one->origin + 1;
    return out;
  }

  // The account's state; what is wrong with it has been said when the files were loaded.
  DesiredState of(const std::string& alias) const {
    DesiredState out;
    const auto found = accounts_.find(alias);
    if (found == accounts_.end()) return out;
    std::vector<Told> known;
    for (const auto& one : found->second.entries) {
      if (auto provider = made_for(*one, variables_of(alias), reader_->entries(), known))
        out.providers.push_back(*std::move(provider));
    }
    sort_by_key(out);
    return out;
  }

  // The same of what is needed no more.
  DesiredState take(const std::string& alias) {
    auto& entries = accounts_.at(alias).entries;
    for (const auto& one : entries) {
      if (one->shared || !one->provider) return of(alias);
    }
    DesiredState out;
    out.providers.reserve(entries.size());
    for (auto& one : entries) out.providers.push_back(*std::move(one->provider));
    entries.clear();
    sort_by_key(out);
    return out;
  }

 private:
  struct Known {
    std::string digest;  // of its text, which may hold a secret and is not kept
    std::shared_ptr<const ProviderFile> file;
  };

  const Variables* variables_of(const std::string& alias) const {
    return variables_ ? variables_(alias) : nullptr;
  }

  void take_file(const SourceFile& file, const Loader* before, Gathered& all) {
    Known known;
    if (next_) known.digest = base::sha256_hex(file.text);
    if (before) {
      const auto same = before->files_.find(file.path);
      if (same != before->files_.end() && same->second.digest == known.digest) known.file = same->second.file;
    }
    if (!known.file) {
      known.file = std::make_shared<const ProviderFile>(reader_->read(file));
      ++parsed_;
    }
    for (const Diagnostic& one : known.file->diagnostics) all.add(one);
    if (!known.file->entries.empty()) {
      for (const std::string& alias : known.file->accounts) {
        auto& entries = accounts_[alias].entries;
        entries.insert(entries.end(), known.file->entries.begin(), known.file->entries.end());
      }
    }
    files_.insert_or_assign(file.path, std::move(known));
  }

  void take_account(const std::string& alias, AccountEntries& account, const TypeCatalog& catalog,
                    const Loader* before, Gathered& all) {
    const AccountEntries* same = nullptr;
    if (before) {
      const auto found = before->accounts_.find(alias);
      if (found != before->accounts_.end() && found->second.entries == account.entries) same = &found->second;
    }
    if (same) {
      account = *same;
    } else {
      check_account(account, variables_of(alias), catalog, reader_->entries());
    }
    for (const Told& one : account.told) all.add(one, alias);
  }

  const bool next_;
  const std::function<const Variables*(const std::string& alias)> variables_;
  std::shared_ptr<FileReader> reader_;
  std::map<std::string, Known> files_;              // by path
  std::map<std::string, AccountEntries> accounts_;  // by alias
  std::size_t parsed_ = 0;
};

namespace {

bool without_error(const std::vector<Diagnostic>& diagnostics) {
  return std::none_of(diagnostics.begin(), diagnostics.end(),
                      [](const Diagnostic& one) { return one.severity == Severity::error; });
}

}  // namespace

bool Desired::ok() const {
  return without_error(diagnostics);
}

bool SharedDesired::ok() const {
  return without_error(diagnostics);
}

Desired load_desired(const std::vector<SourceFile>& files, const TypeCatalog& catalog,
                     const LoadOptions& options) {
  Loader loader(files, catalog, options, false, nullptr);
  Desired out;
  for (const auto& [alias, account] : loader.accounts()) out.accounts.emplace(alias, loader.take(alias));
  out.diagnostics = std::move(loader.diagnostics);
  return out;
}

SharedDesired::SharedDesired(const std::vector<SourceFile>& files, const TypeCatalog& catalog,
                             const LoadOptions& options, const SharedDesired& before)
    : loader_(std::make_shared<Loader>(files, catalog, options, true, before.loader_.get())) {
  diagnostics = std::move(loader_->diagnostics);
}

std::size_t SharedDesired::parsed() const {
  return loader_ ? loader_->parsed() : 0;
}

std::vector<std::string> SharedDesired::accounts() const {
  std::vector<std::string> out;
  if (!loader_) return out;
  for (const auto& [alias, entries] : loader_->accounts()) out.push_back(alias);
  return out;
}

DesiredState SharedDesired::of(const std::string& account) const {
  return loader_ ? loader_->of(account) : DesiredState{};
}

std::size_t SharedDesired::signature(const std::string& account) const {
  return loader_ ? loader_->signature(account) : 0;
}

bool SharedDesired::holds_secret_in_clear() const {
  return loader_ && loader_->holds_secret_in_clear();
}

}  // namespace idpd::config
