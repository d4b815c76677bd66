// The files that say which identity providers an account has: several keyed ones with their account, or one
// bare object as the API takes it, whose key is the file's stem. Reading gathers every error of every file;
// what was read is usable only when there is none. Pure but for read_files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/desired.h"
#include "model/type_catalog.h"

namespace idpd::config {

struct SourceFile {
  std::string path;  // as the user would write it: it stands in every message
  std::string text;
};

// `.yaml`, `.yml` and `.json` files of the given files and folders (with their subfolders), sorted; hidden
// ones and editors' leftovers are passed over. Error: a path that is not there or cannot be read, or too
// many files.
base::Result<std::vector<SourceFile>> read_files(const std::vector<std::string>& paths);

struct LoadOptions {
  std::vector<std::string> accounts;  // the aliases that a file may name; empty = any
  std::string default_account;        // of a file that names none; empty = it must
  bool strict = false;                // warnings are errors
};

struct Desired {
  std::map<std::string, model::DesiredState> accounts;  // alias -> what the files say
  std::vector<model::Diagnostic> diagnostics;           // sorted by place

  bool ok() const;  // no error among them
};

Desired load_desired(const std::vector<SourceFile>& files, const model::TypeCatalog& catalog,
                     const LoadOptions& options);

// The schema of one entry: what the API takes for this type, and what is ours (`options`, `check`).
base::Json entry_schema(const model::TypeCatalog& catalog, const model::Type& type);

}  // namespace idpd::config
