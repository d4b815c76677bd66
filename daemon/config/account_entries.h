// What all files together say of one account: its entries with their variables put in, and what only they
// together show (a name taken twice, two of a type of which there is one). Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/provider_file.h"

namespace idpd::config {

struct Told {
  model::Diagnostic what;
  bool of_account = false;  // a mistake in a file for many accounts, which shows in this one
};

struct AccountEntries {
  std::vector<std::shared_ptr<Entry>> entries;  // in the order of the files
  std::vector<Told> told;                       // of them together
  bool secret_in_clear = false;                 // or perhaps, where an entry cannot be made
};

// The entry for an account: without variables it is everybody's. What is wrong with it goes to `told`.
std::optional<model::DesiredProvider> made_for(const Entry& entry, const Variables* variables,
                                               EntryReader& reader, std::vector<Told>& told);

// Looks at all of the account's entries. Those that take variables are made for it, and not kept.
void check_account(AccountEntries& account, const Variables* variables, const model::TypeCatalog& catalog,
                   EntryReader& reader);

}  // namespace idpd::config
