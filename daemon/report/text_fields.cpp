#include "report/text_fields.h"

#include <algorithm>

#include "base/text.h"
#include "report/words.h"

namespace idpd::report {

namespace {

constexpr std::size_t longest_path = 40;
constexpr std::size_t items_on_a_line = 4;

class FieldWriter {
 public:
  FieldWriter(const plan::Change& change, const Paint& paint, std::size_t columns)
      : change_(change), paint_(paint), created_(from_nothing(change)) {
    for (const plan::FieldChange& field : change.fields) path_ = std::max(path_, width(clean(field.path)));
    path_ = std::min(path_, longest_path);
    const std::size_t begin = path_ + separator_width;
    room_ = columns > begin + 20 ? columns - begin : 20;
  }

  std::vector<std::string> run() {
    for (const plan::FieldChange& field : change_.fields) write(field);
    return std::move(lines_);
  }

 private:
  static constexpr std::size_t separator_width = 3;

  void write(const plan::FieldChange& field) {
    std::vector<std::string> body = body_of(field);
    // Where both the file and somebody in Cloudflare moved, each field says who did.
    if (change_.origin == plan::Origin::both && field.origin == plan::Origin::drift) {
      body.back() += paint_(Tone::dim, "  (drift)");
    }
    std::string begin = pad(clean(field.path), path_) + paint_(Tone::dim, created_ ? " = " : " : ");
    for (const std::string& line : body) {
      lines_.push_back(begin + line);
      begin = std::string(path_ + separator_width, ' ');
    }
  }

  std::vector<std::string> body_of(const plan::FieldChange& field) const {
    if (field.sensitive) return {paint_(Tone::dim, "(sensitive)") + (created_ ? "" : " changed")};
    if (created_) return value_lines(field.after);
    if (const SetChange change = set_change(field); change.size() > 0) return set_lines(change);
    const Sides sides = shown_sides(field);
    if (width(sides.before) + width(sides.after) + 4 <= room_) {
      return {tell(sides.before) + paint_(Tone::dim, " -> ") + tell(sides.after)};
    }
    return {"   " + tell(sides.before), paint_(Tone::dim, "-> ") + tell(sides.after)};
  }

  std::string tell(const std::string& value) const {
    return value == "(unset)" ? paint_(Tone::dim, value) : value;
  }

  std::vector<std::string> value_lines(const base::Json& value) const {
    if (!value.is_array()) return {tell(shown(value))};
    std::vector<std::string> items;
    for (const base::Json& one : value.array()) items.push_back(shown(one));
    const std::string line = "[" + base::join(items, ", ") + "]";
    if (items.size() < 2 || (items.size() <= items_on_a_line && width(line) <= room_)) return {line};
    for (std::string& item : items) item = " " + item + ",";
    items.front().front() = '[';
    items.back().back() = ']';
    return items;
  }

  std::vector<std::string> set_lines(const SetChange& change) const {
    std::vector<std::string> items;
    std::size_t columns = 0;
    const auto add = [&](Tone tone, char mark, const std::string& value) {
      items.push_back(paint_(tone, std::string(1, mark) + " " + value));
      columns += width(value) + 4;
    };
    for (const std::string& value : change.added) add(Tone::green, '+', value);
    for (const std::string& value : change.removed) add(Tone::red, '-', value);
    if (items.size() > items_on_a_line || columns > room_) return items;
    return {base::join(items, "  ")};
  }

  const plan::Change& change_;
  const Paint& paint_;
  bool created_;
  std::size_t path_ = 0;
  std::size_t room_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> field_lines(const plan::Change& change, const Paint& paint, std::size_t columns) {
  return FieldWriter(change, paint, columns).run();
}

}  // namespace idpd::report
