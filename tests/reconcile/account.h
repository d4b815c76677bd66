// A tiny account: what the API makes of a PUT, POST or DELETE, and what it answers. Any request that it
// would be wrong to send fails the test.
#pragma once

#include <map>
#include <string>

#include "base/text.h"
#include "plan/world.h"

namespace idpd::test {

class Account {
 public:
  std::map<std::string, Json> objects;  // id -> as the API answers
  bool shows_asterisks = true;          // of a secret; else the API leaves it out
  std::string rewrites;                 // the path of a text that the server changes
  std::string ignores;                  // the path of a field that never sticks

  model::LiveState live() const {
    model::LiveState out;
    for (const auto& [id, object] : objects) out.providers.push_back(take(object));
    return out;
  }

  void put(const std::string& id, const Json& body) {
    ASSERT_TRUE(objects.contains(id)) << id;
    ASSERT_FALSE(objects[id].flag("read_only")) << "a write to a read-only one: " << id;
    check(body);
    objects[id] = stored(id, body, &objects[id]);
  }
  std::string post(const Json& body) {
    check(body);
    const std::string id = "made-" + std::to_string(++made_);
    objects[id] = stored(id, body, nullptr);
    return id;
  }
  void remove(const std::string& id) {
    ASSERT_TRUE(objects.contains(id)) << "deleted twice: " << id;
    ASSERT_FALSE(objects[id].flag("read_only")) << "a delete of a read-only one: " << id;
    objects.erase(id);
  }

 private:
  static void check(const Json& body) {
    expect_unmasked(body);
    ASSERT_TRUE(catalog().find(body.text("type"))) << base::dump_json(body);
    const model::Type& type = type_of(body.text("type"));
    EXPECT_FALSE(body.text("name").empty());
    for (const std::string& name : catalog().server_fields()) EXPECT_FALSE(body.find(name)) << name;
    for (const model::Field& field : type.fields) {
      if (field.read_only) {
        EXPECT_FALSE(model::at_path(body, field.path)) << field.path;
      }
    }
  }
  static void expect_unmasked(const Json& value) {
    if (value.is_string()) {
      EXPECT_FALSE(base::is_masked(value.string()));
    } else if (value.is_array()) {
      for (const Json& item : value.array()) expect_unmasked(item);
    } else if (value.is_object()) {
      for (const auto& [name, member] : value.object()) expect_unmasked(member);
    }
  }

  Json stored(const std::string& id, const Json& body, const Json* before) const {
    Json out = body;
    out["id"] = id;
    out["uid"] = id;
    out["version"] = "v";
    for (const model::Field& field : type_of(body.text("type")).fields) {
      const Json* value = model::at_path(out, field.path);
      if (field.path == rewrites && value && value->is_string() && !value->string().starts_with("SERVER-")) {
        model::set_path(out, field.path, "SERVER-" + value->string());
      }
      if (field.path == ignores) {
        const Json* old = before ? model::at_path(*before, field.path) : nullptr;
        if (old) {
          model::set_path(out, field.path, *old);
        } else {
          model::erase_path(out, field.path);
        }
      }
      if (field.secret && value && !value->is_null() && shows_asterisks)
        model::set_path(out, field.path, "********");
      if (field.secret && value && !shows_asterisks) model::erase_path(out, field.path);
      if (field.read_only && field.path.starts_with("config."))
        model::set_path(out, field.path, field.secret ? "********" : "set by the server");
    }
    return out;
  }

  int made_ = 0;
};

}  // namespace idpd::test
