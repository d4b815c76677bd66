// One file with identity providers as it is held from one reading to the next: its entries, decoded or, where
// they take variables, as the file says them, for whom they are, and what is wrong with the file by itself.
// Never a secret's value but where the file says one in clear. Pure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/entry.h"
#include "config/identity_providers.h"

namespace idpd::config {

// Never changed once its file is read, so that two readings with the same one say the same of it.
struct Entry {
  EntryReader::Place place;
  std::optional<model::DesiredProvider> provider;
  std::optional<Node> node;  // in place of it: with variables in it
  bool shared = false;       // among accounts
  std::size_t origin = 0;    // its file's path and text
};

struct ProviderFile {
  std::vector<std::shared_ptr<Entry>> entries;
  std::vector<std::string> accounts;  // aliases, each of which has all of the entries
  std::vector<model::Diagnostic> diagnostics;
  bool secret_in_clear = false;
};

class FileReader {
 public:
  FileReader(const model::TypeCatalog& catalog, const LoadOptions& options);

  ProviderFile read(const SourceFile& file);
  EntryReader& entries() { return entries_; }

 private:
  const LoadOptions options_;
  const base::Json outer_schema_;
  EntryReader entries_;
};

}  // namespace idpd::config
