// Random accounts made from the schemas alone: a new type or field takes part without a line here.
#pragma once

#include <random>
#include <string>

#include "plan/world.h"
#include "reconcile/account.h"
#include "reconcile/secrets_of.h"

namespace idpd::test {

inline Json value_of(const Json& schema, const std::string& path, unsigned variant) {
  const std::string name = path.substr(path.rfind('.') + 1);
  if (const Json* choices = schema.find("enum")) {
    return choices->array()[variant % choices->array().size()];
  }
  const std::string kind = schema.text("type");
  if (kind == "boolean") return variant % 2 == 0;
  if (kind == "integer") return static_cast<int>(7 + variant);
  if (kind == "array") {
    Json::Array out;
    for (unsigned i = 0; i <= variant % 3; ++i)
      out.push_back(value_of(*schema.find("items"), path, variant + 2 - i));
    return out;
  }
  if (kind == "object") {
    Json out{Json::Object{}};
    for (const auto& [member, inner] : schema.find("properties")->object())
      out[member] = value_of(inner, member, variant);
    return out;
  }
  return name + "-" + std::to_string(variant);
}

class RandomWorld {
 public:
  World world;
  Account account;
  plan::References references;

  explicit RandomWorld(std::mt19937& random) : random_(random) {
    account.shows_asterisks = chance(50);
    world.seen_before = chance(80);
    world.have_store = true;
    world.policy = {.allow_deletes = chance(80),
                    .max_deletes = 1 + below(4),
                    .unmanaged = static_cast<plan::Unwanted>(below(3)),
                    .allow_empty = chance(80),
                    .adoption_consent = chance(70),
                    .withhold_unresolved = true,
                    .withhold_vanished = chance(25),
                    .resend_secrets = false};
    for (unsigned i = 0, n = below(7); i < n; ++i) add_key("key-" + std::to_string(i));
    for (unsigned i = 0, n = below(3); i < n; ++i) add_left("left-" + std::to_string(i));
    for (unsigned i = 0, n = below(4); i < n; ++i) add_stranger();
    for (const auto& [id, object] : account.objects) {
      if (chance(15)) references.by_id[id] = {"an application"};
    }
    if (chance(5)) references.problem = "403";
    add_quirks();
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  bool chance(unsigned percent) { return below(100) < percent; }

  const model::Type& any_type() {
    for (;;) {
      const model::Type& type = catalog().types()[below(static_cast<unsigned>(catalog().types().size()))];
      if (!type.singleton || singletons_.insert(type.name).second) return type;
    }
  }
  Json some(const model::Field& field) { return value_of(field.schema, field.path, below(3)); }
  static bool plain(const model::Field& field) {
    return !field.secret && !field.read_only && field.path != model::name_path;
  }

  // A live object of this type, each field perhaps as the file says it.
  std::string add_live(const model::Type& type, const std::string& name,
                       const model::DesiredProvider* like = nullptr) {
    const std::string id = "id-" + std::to_string(++ids_);
    Json object = live_json(id, type.name, name);
    for (const model::Field& field : type.fields) {
      const auto stated = like ? like->fields.find(field.path) : FieldMap::const_iterator();
      const bool same = like && stated != like->fields.end() && chance(60);
      if (plain(field) && same && !stated->second.is_null()) {
        model::set_path(object, field.path, stated->second);
      } else if (plain(field) && !same && chance(50)) {
        model::set_path(object, field.path, chance(15) ? Json("") : some(field));
      } else if (field.secret && chance(50)) {
        model::set_path(object, field.path, chance(80) ? "******" : "readable-in-the-answer");
      } else if (field.read_only && chance(50)) {
        model::set_path(object, field.path, "set by the server");
      }
    }
    if (chance(30)) model::set_path(object, "config.future_field", Json::Object{{"a", Json::Array{1, "x"}}});
    if (chance(10)) model::set_path(object, "config.future_list", Json::Array{"********", "x"});
    if (chance(5)) model::set_path(object, "config.future_secret", "********");
    if (chance(20)) object["scim_base_url"] = "set by the server";
    if (chance(10)) object["scim_config"] = nullptr;
    if (chance(5)) object["read_only"] = true;
    account.objects[id] = object;
    return id;
  }

  model::DesiredProvider make_desired(const std::string& key, const model::Type& type) {
    auto out = desired(key, type.name, "Name of " + key);
    for (const model::Field& field : type.fields) {
      const std::string variable = key + field.path.substr(field.path.find('.') + 1);
      if (plain(field) && (field.required || chance(40))) {
        out.fields[field.path] = !field.required && chance(15) ? Json() : some(field);
      } else if (plain(field) && chance(8)) {
        out.options.ignore.insert(field.path);
      } else if (field.secret && !field.read_only && (chance(field.required ? 90 : 50))) {
        model::SecretInput& secret = out.secrets[field.path];
        secret.text = (chance(5) ? "${env:MISSING" : "${env:") + identifier(variable) + "}";
        if (chance(10)) secret = {.text = "clear-" + variable + "-secret", .in_clear = true};
        if (!field.required && chance(10)) secret.unset = true;
      } else if (field.secret && field.required) {
        out.options.keep_secret = true;
      }
    }
    out.options.prevent_delete = chance(10);
    return out;
  }
  static std::string identifier(std::string text) {
    for (char& c : text) c = c == '-' || c == '.' ? '_' : c;
    return text;
  }

  // What was applied and seen at some time in the past.
  model::Record make_record(const std::string& key, const std::string& id, const model::Type& type,
                            const model::DesiredProvider& one, const std::string& name) {
    auto out = record(key, id, type.name, name);
    const auto lives = account.objects.find(id);
    const FieldMap have = lives == account.objects.end() ? FieldMap() : take(lives->second).fields;
    for (const model::Field& field : type.fields) {
      const auto stated = one.fields.find(field.path);
      if (plain(field) && chance(stated != one.fields.end() ? 80 : 20)) {
        const bool same = stated != one.fields.end() && chance(70);
        out.applied[field.path] = model::canonical_value(field, same ? stated->second : some(field));
        const auto seen = have.find(field.path);
        Json observed = chance(70) && seen != have.end() ? seen->second : Json();
        if (chance(20)) observed = model::canonical_value(field, some(field));
        if (!observed.is_null()) out.observed[field.path] = observed;
        if (observed != out.applied[field.path] && chance(30)) out.stuck.insert(field.path);
      } else if (field.secret && !field.read_only && chance(70)) {
        const auto now = resolved({{one}}).fingerprint(one.key, field.path);
        out.secrets[field.path] = now && chance(70) ? *now : "of another value";
      }
    }
    out.prevent_delete = chance(10);
    if (chance(10)) out.passes = 0;
    if (chance(15)) out.superseded.push_back(add_live(any_type(), "Left behind by " + key));
    return out;
  }

  void add_key(const std::string& key) {
    const model::Type& type = any_type();
    world.desired.providers.push_back(make_desired(key, type));
    model::DesiredProvider& one = world.desired.providers.back();
    const std::string name = one.name();
    const std::string live_name = chance(85) ? name : "Renamed " + key;
    switch (below(8)) {
      case 0:  // new
        break;
      case 1:  // there, but not ours
        add_live(type, name, &one);
        if (chance(15)) add_live(type, name);
        break;
      case 2:  // recorded and gone
        world.records.push_back(make_record(key, "gone-" + key, type, one, name));
        break;
      case 3: {  // of another type until now
        const model::Type& old = any_type();
        world.records.push_back(make_record(key, add_live(old, live_name), old, one, name));
        break;
      }
      case 4:  // under another key until now
        world.records.push_back(make_record("was-" + key, add_live(type, live_name, &one), type, one, name));
        break;
      case 5:
        one.options.adopt_id = add_live(type, live_name, &one);
        break;
      case 6:  // an interrupted create
        world.intents.push_back({key, type.name, name, {}, static_cast<int>(below(4))});
        if (chance(60)) add_live(type, name, &one);
        break;
      default:
        world.records.push_back(make_record(key, add_live(type, live_name, &one), type, one, name));
    }
  }

  void add_left(const std::string& key) {
    const model::Type& type = any_type();
    const auto one = make_desired(key, type);
    const std::string id = chance(80) ? add_live(type, one.name(), &one) : "gone-" + key;
    world.records.push_back(make_record(key, id, type, one, one.name()));
  }

  void add_stranger() {
    const std::string id = add_live(any_type(), "Stranger");
    if (chance(15)) account.objects[id]["type"] = "type-of-tomorrow";
  }

  void add_quirks() {
    if (world.desired.providers.empty()) return;
    const model::Type& type = type_of(world.desired.providers[0].type);
    for (const model::Field& field : type.fields) {
      if (!plain(field)) continue;
      if (chance(10) && field.schema.text("type") == "string") account.rewrites = field.path;
      if (chance(10) && field.path != account.rewrites) account.ignores = field.path;
    }
  }

  std::mt19937& random_;
  std::set<std::string> singletons_;
  int ids_ = 0;
};

}  // namespace idpd::test
