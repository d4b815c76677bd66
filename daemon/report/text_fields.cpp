#include "report/text_fields.h"

#include <algorithm>

#include "base/text.h"
#include "report/values.h"
#include "report/words.h"

namespace idpd::report {

namespace {

using Kind = FieldView::Kind;

constexpr std::size_t widest_path = 36;
constexpr std::size_t items_on_a_line = 4;

// One item of a list that changed, with its sign.
struct Item {
  Tone tone;
  std::string_view sign;
  std::string_view text;
};

std::vector<Item> items_of(const FieldView& view) {
  std::vector<Item> items;
  for (const std::string& text : view.added) items.push_back({Tone::add, "+", text});
  for (const std::string& text : view.removed) items.push_back({Tone::remove, "-", text});
  return items;
}

class FieldWriter {
 public:
  FieldWriter(const plan::Change& change, std::size_t indent, const Painter& paint)
      : change_(change), indent_(indent), paint_(paint) {
    for (const plan::FieldChange& field : change.fields) {
      path_width_ = std::max(path_width_, width(base::printable(field.path)));
    }
    path_width_ = std::min(path_width_, widest_path);
  }

  std::string write() {
    for (const plan::FieldChange& field : change_.fields) write(field);
    return std::move(out_);
  }

 private:
  bool one_sided() const {
    return change_.action == plan::Action::create || change_.action == plan::Action::remove ||
           change_.action == plan::Action::forget;
  }

  void write(const plan::FieldChange& field) {
    const FieldView view = view_of(field, change_.action);
    const std::string path = padded(base::printable(field.path), path_width_);
    out_ += std::string(indent_, ' ') + path + (one_sided() ? " =" : " :");
    const std::size_t column = indent_ + width(path) + 3;  // where the value begins
    switch (view.kind) {
      case Kind::sensitive:
        out_ += " (sensitive)";
        if (!one_sided()) out_ += " " + paint_(Tone::change, "changed");
        break;
      case Kind::one:
        out_ += " " + view.after;
        break;
      case Kind::items:
        for (const std::string& item : view.added) below(item);
        break;
      case Kind::change:
        pair(view, column);
        break;
      case Kind::delta:
        delta(items_of(view), column);
        break;
      case Kind::reordered:
        out_ += " " + paint_(Tone::change, "same items in another order");
        break;
    }
    const std::string reason = reason_of(field, change_);
    if (!reason.empty()) out_ += "   " + paint_(Tone::dim, "(" + reason + ")");
    out_ += "\n";
  }

  void below(std::string_view text) { out_.append("\n").append(indent_ + 4, ' ').append(text); }

  void pair(const FieldView& view, std::size_t column) {
    const bool fits = column + width(view.before) + 4 + width(view.after) <= page_width;
    out_ += " " + view.before;
    // The arrow stands where the colon stood, so that the two values stand under each other.
    out_ += fits ? " " : "\n" + std::string(column - 3, ' ');
    out_ += paint_(Tone::change, "->") + " " + view.after;
  }

  void delta(const std::vector<Item>& items, std::size_t column) {
    std::size_t columns = column;
    for (const Item& item : items) columns += width(item.text) + 4;
    const bool fits = items.size() <= items_on_a_line && columns <= page_width;
    bool first = true;
    for (const Item& item : items) {
      const std::string text = paint_(item.tone, item.sign) + " " + std::string(item.text);
      if (fits) {
        out_.append(first ? " " : "  ").append(text);
      } else {
        below(text);
      }
      first = false;
    }
  }

  const plan::Change& change_;
  std::size_t indent_;
  const Painter& paint_;
  std::size_t path_width_ = 0;
  std::string out_;
};

}  // namespace

std::string field_lines(const plan::Change& change, std::size_t indent, const Painter& paint) {
  return FieldWriter(change, indent, paint).write();
}

}  // namespace idpd::report
