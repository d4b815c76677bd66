// What the program knows about identity provider types, read from the schema documents that are
// compiled in. Nothing else knows a type's fields: a new type is a new file in schema/types. Built once
// in main, never changed after, passed by reference; everything that points into it lives shorter.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace idpd::model {

// One value that can be set or seen: a leaf of the type's schema, named by its path from the top of
// the object (`config.client_id`). Arrays are leaves.
struct Field {
  std::string path;
  base::Json schema;          // as resolved: no $ref left
  bool required = false;      // when its parent object is required
  bool secret = false;        // writeOnly: never readable, never shown
  bool read_only = false;     // set by the server: never diffed, never sent
  bool set = false;           // uniqueItems: compared without order
  bool certificates = false;  // x509-certificate: compared as decoded DER
  bool boolean = false;
  bool secret_target = false;     // x-secret-target: says where, or for whom, the secret is used
  std::string read_alias = {};    // x-read-alias: the older name, as read, of one element
  base::Json default_value = {};  // null when the schema states none
};

struct Type {
  std::string name;  // as on the wire
  std::string title;
  std::vector<std::string> aliases;  // other spellings that are read as this type
  bool singleton = false;            // at most one an account
  bool is_protected = false;         // never deleted as unmanaged
  std::vector<Field> fields;         // in the order of the schema
  base::Json schema;                 // the whole document, resolved

  const Field* find(std::string_view path) const;
};

// The paths that mean something to the program itself, whatever the type.
inline constexpr std::string_view name_path = "name";
inline constexpr std::string_view scim_enabled_path = "scim_config.enabled";
inline constexpr std::string_view scim_secret_path = "scim_config.secret";
// The objects of an identity provider that clients write (design rule: PUT replaces the whole object).
inline constexpr std::string_view object_members[] = {"config", "scim_config"};

using Documents = std::map<std::string, std::string>;  // path below schema/ -> text

class TypeCatalog {
 public:
  // Errors: a document that is no JSON, an unresolved $ref, a keyword that the program does not know
  // (it would be silently ignored otherwise), two types of one name.
  static base::Result<TypeCatalog> load(const Documents& documents);

  const Type* find(std::string_view name_or_alias) const;
  const std::vector<Type>& types() const { return types_; }  // sorted by name
  std::vector<std::string> names() const;

  // A document of schema/ with every $ref resolved (`settings.json`); null when there is none.
  const base::Json* document(std::string_view path) const;
  // Members of a live object that the server sets, whatever the type.
  const std::vector<std::string>& server_fields() const { return server_fields_; }

 private:
  std::vector<Type> types_;
  std::map<std::string, base::Json, std::less<>> documents_;
  std::vector<std::string> server_fields_;
};

}  // namespace idpd::model
