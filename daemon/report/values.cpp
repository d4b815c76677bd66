#include "report/values.h"

#include <algorithm>

#include "base/text.h"
#include "report/style.h"

namespace idpd::report {

namespace {

constexpr std::size_t longest_string = 60;
constexpr std::size_t longest_list_line = 70;
constexpr std::size_t short_list = 4;  // a longer one gets a line an item
constexpr std::string_view unset = "(unset)";

// JSON's own quoting, so that a quote or a line break inside cannot be taken for the end of the value.
std::string quoted(std::string_view text) {
  return base::printable(base::dump_json(text));
}

std::string show(const base::Json& value, std::size_t longest) {
  if (value.is_null()) return std::string(unset);
  if (value.is_string()) return quoted(shortened(value.string(), longest));
  if (!value.is_array()) return base::printable(base::dump_json(value));
  std::vector<std::string> items;
  for (const base::Json& item : value.array()) items.push_back(show(item, longest));
  return "[" + base::join(items, ", ") + "]";
}

const base::Json::Array& items_of(const base::Json& value) {
  static const base::Json::Array none;
  return value.is_array() ? value.array() : none;
}

// What of `items` is not in `others`, each occurrence counted.
std::vector<std::string> beyond(const base::Json::Array& items, base::Json::Array others) {
  std::vector<std::string> out;
  for (const base::Json& item : items) {
    const auto found = std::find(others.begin(), others.end(), item);
    if (found == others.end()) {
      out.push_back(show_value(item));
    } else {
      others.erase(found);
    }
  }
  return out;
}

bool is_short(const base::Json::Array& list) {
  return list.size() <= short_list && width(show_value(list)) <= longest_list_line;
}

FieldView single(const base::Json& value) {
  FieldView view;
  if (value.is_array() && !is_short(value.array())) {
    view.kind = FieldView::Kind::items;
    for (const base::Json& item : value.array()) view.added.push_back(show_value(item));
  } else {
    view.after = show_value(value);
  }
  return view;
}

FieldView pair(const base::Json& before, const base::Json& after) {
  FieldView view;
  view.kind = FieldView::Kind::change;
  view.before = show_value(before);
  view.after = show_value(after);
  if (view.before == view.after) {  // they differ in the part that was cut out
    view.before = show_full(before);
    view.after = show_full(after);
  }
  return view;
}

bool listed(const base::Json& value) {
  return value.is_array() || value.is_null();
}

}  // namespace

std::string show_value(const base::Json& value) {
  return show(value, longest_string);
}
std::string show_full(const base::Json& value) {
  return show(value, std::string::npos);
}

std::string shortened(std::string_view text, std::size_t columns) {
  const std::size_t whole = width(text);
  if (whole <= columns) return std::string(text);
  const std::size_t tail = (columns - 1) / 3;  // the beginning says more than the end
  const std::size_t head = columns - 1 - tail;
  std::string first, last;
  std::size_t at = 0;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (begins) ++at;
    if (at <= head) first += c;
    if (at > whole - tail) last += c;
  }
  return first + "…" + last;
}

FieldView view_of(const plan::FieldChange& field, plan::Action action) {
  if (field.sensitive) return {FieldView::Kind::sensitive, {}, {}, {}, {}};
  if (action == plan::Action::create) return single(field.after);
  if (action == plan::Action::remove || action == plan::Action::forget) return single(field.before);

  const bool lists = listed(field.before) && listed(field.after);
  const bool is_set = field.set && lists;
  // A short list whose order matters reads best as a whole.
  if (!is_set && (!lists || (is_short(items_of(field.before)) && is_short(items_of(field.after))))) {
    return pair(field.before, field.after);
  }
  FieldView view;
  view.kind = FieldView::Kind::delta;
  view.removed = beyond(items_of(field.before), items_of(field.after));
  view.added = beyond(items_of(field.after), items_of(field.before));
  if (view.removed.empty() && view.added.empty()) {
    if (is_set) return pair(field.before, field.after);
    view.kind = FieldView::Kind::reordered;
  }
  return view;
}

}  // namespace idpd::report
