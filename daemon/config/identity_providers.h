// The files that say which identity providers an account has: several keyed ones with their account, or one
// bare object as the API takes it, whose key is the file's stem. A file may be about many accounts. Reading
// gathers every error of every file; what was read is usable only when there is none. Pure but for
// read_files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/variables.h"
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
  std::function<const Variables*(const std::string& alias)> variables = {};  // they outlive what is loaded
  bool any_variable = false;  // nobody knows the accounts: what `${var:…}` stands for is not looked at
};

struct Desired {
  std::map<std::string, model::DesiredState> accounts;  // alias -> what the files say
  std::vector<model::Diagnostic> diagnostics;           // sorted by place

  bool ok() const;  // no error among them
};

Desired load_desired(const std::vector<SourceFile>& files, const model::TypeCatalog& catalog,
                     const LoadOptions& options);

// The same for who keeps it for long: an entry is held once, however many accounts have it, and an account's
// state is made when it is asked for.
class Loader;
class SharedDesired {
 public:
  SharedDesired() = default;
  // `before`: a reading with the same catalog and options; a file that is as it was then is not parsed again,
  // and an account with the same entries is not looked at again. What comes out is the same without it.
  SharedDesired(const std::vector<SourceFile>& files, const model::TypeCatalog& catalog,
                const LoadOptions& options, const SharedDesired& before = {});

  std::vector<model::Diagnostic> diagnostics;  // sorted by place
  bool ok() const;
  std::vector<std::string> accounts() const;
  // Of an account that the files do not name: an empty state.
  model::DesiredState of(const std::string& account) const;
  // Or may hold one, where an entry is in error.
  bool holds_secret_in_clear() const;
  std::size_t parsed() const;  // how many files were, in this reading
  // Another one when a file that has something for the account is another.
  std::size_t signature(const std::string& account) const;

 private:
  std::shared_ptr<Loader> loader_;
};

}  // namespace idpd::config
