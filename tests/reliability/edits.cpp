// The steps that change files.
#include <algorithm>
#include <array>
#include <iterator>

#include "reliability/steps.h"

namespace idpd::test {

namespace {

constexpr std::array<const char*, 4> types{"github", "pingone", "oidc", "onetimepin"};

std::string login(unsigned number) {
  return "Login " + std::to_string(number % 6);
}

bool add(Files& files, const Step& step) {
  const std::string key = "k" + std::to_string(step.a % 5);
  Entry entry;
  entry.type = types[step.b % 13 == 0 ? 3 : step.b % 3];
  entry.name = entry.type == singleton_type ? "PIN" : login(step.a / 5);
  entry.secret = "S" + std::to_string(step.b % 4);
  entry.client = static_cast<int>(step.b % 3);
  if (entry.type != singleton_type && step.b % 5 == 0) entry.scim = 1;
  if (files.entries.contains(key) || files.has_name(entry.name)) return false;
  if (entry.type == singleton_type && files.has_type(singleton_type)) return false;
  files.entries[key] = entry;
  return true;
}

bool change_one(const Scene& scene, Files& files, const std::string& key, const Step& step) {
  Entry& entry = files.entries.at(key);
  const bool plain = entry.type != singleton_type;
  const std::string name = login(step.b);
  switch (step.act) {
    case Act::change:
      ++entry.client;
      return plain;
    case Act::rename:
      if (files.has_name(name)) return false;
      entry.name = name;
      return true;
    case Act::drop:
      files.entries.erase(key);
      return true;
    case Act::retype: {
      const std::string type = types[step.b % 3];
      if (!plain || type == entry.type) return false;
      entry.type = type;
      if (type == "github") entry.pkce = -1;
      return true;
    }
    case Act::scim:
      entry.scim = static_cast<int>(step.b % 4) - 1;
      if (entry.scim > 1) entry.scim = 1;
      return plain;
    case Act::pkce:
      entry.pkce = static_cast<int>(step.b % 3) - 1;
      return plain && entry.type != "github";
    case Act::prevent:
      entry.prevent_delete = !entry.prevent_delete;
      return true;
    case Act::adopt: {
      const auto& objects = scene.cloud.objects;
      if (objects.empty()) return false;
      const auto chosen = std::next(objects.begin(), step.b % static_cast<unsigned>(objects.size()));
      const std::string id = entry.adopt_id.empty() ? chosen->first : "";
      const bool taken = std::any_of(files.entries.begin(), files.entries.end(), [&](const auto& one) {
        return !id.empty() && one.second.adopt_id == id;
      });
      if (!taken) entry.adopt_id = id;
      return !taken;
    }
    default:
      return false;
  }
}

bool rekey(Files& files, const std::string& key, const Step& step) {
  const std::string next = "k" + std::to_string(step.b % 5);
  if (files.entries.contains(next)) return false;
  files.entries[next] = files.entries.at(key);
  files.entries.erase(key);
  return true;
}

}  // namespace

bool edit(const Scene& scene, Files& files, const Step& step) {
  if (step.act == Act::break_file) return !std::exchange(files.broken, true);
  if (step.act == Act::mend_file) return std::exchange(files.broken, false);
  if (step.act == Act::empty) {
    files.entries.clear();
    return true;
  }
  if (step.act == Act::add) return add(files, step);
  if (files.entries.empty()) return false;
  const auto chosen = std::next(files.entries.begin(), step.a % static_cast<unsigned>(files.entries.size()));
  const std::string key = chosen->first;
  if (step.act == Act::rekey) return rekey(files, key, step);
  if (step.act == Act::swap) {
    auto other = std::next(files.entries.begin(), step.b % static_cast<unsigned>(files.entries.size()));
    std::swap(chosen->second.name, other->second.name);
    return true;
  }
  return change_one(scene, files, key, step);
}

}  // namespace idpd::test
