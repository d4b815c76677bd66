// The fields of one identity provider by their path, sorted. In one piece of memory: an account may have a
// hundred thousand of these, each with a dozen fields, and a plan goes through all of them. Plain values.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace idpd::model {

inline const base::Json absent;  // null

class FieldMap {
 public:
  using value_type = std::pair<std::string, base::Json>;  // path, value
  using iterator = std::vector<value_type>::iterator;
  using const_iterator = std::vector<value_type>::const_iterator;

  FieldMap() = default;
  FieldMap(std::initializer_list<value_type> fields) {
    for (const auto& [path, value] : fields) emplace(path, value);
  }

  iterator begin() { return fields_.begin(); }
  iterator end() { return fields_.end(); }
  const_iterator begin() const { return fields_.begin(); }
  const_iterator end() const { return fields_.end(); }
  bool empty() const { return fields_.empty(); }
  std::size_t size() const { return fields_.size(); }
  void reserve(std::size_t count) { fields_.reserve(count); }

  const_iterator find(std::string_view path) const {
    const auto at = std::lower_bound(begin(), end(), path, before);
    return at != end() && at->first == path ? at : end();
  }
  // Null when there is none.
  const base::Json& at(std::string_view path) const {
    const auto found = find(path);
    return found == end() ? absent : found->second;
  }
  bool contains(std::string_view path) const { return find(path) != end(); }
  // Null, in its place, when there was none.
  base::Json& operator[](std::string_view path) { return place(path)->second; }
  // What is there already stays.
  void emplace(std::string_view path, base::Json value) {
    const std::size_t known = size();
    const auto at = place(path);
    if (size() != known) at->second = std::move(value);
  }
  void clear() { fields_.clear(); }
  void erase(std::string_view path) {
    const auto at = find(path);
    if (at != end()) fields_.erase(at);
  }

  bool operator==(const FieldMap&) const = default;

 private:
  static bool before(const value_type& one, std::string_view path) { return one.first < path; }
  iterator place(std::string_view path) {
    const auto at = std::lower_bound(begin(), end(), path, before);
    if (at != end() && at->first == path) return at;
    return fields_.emplace(at, std::string(path), base::Json());
  }

  std::vector<value_type> fields_;
};

}  // namespace idpd::model
