// A writer of HTML that escapes everything and cannot leave an element open. What it writes is also
// well-formed XML, so that tests can parse it. Owns the text it builds.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace idpd::service {

class Html {
 public:
  // The name and the value, which is escaped; the names are ours.
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Html& open(std::string_view tag, Attributes attributes = {});
  Html& close();
  Html& text(std::string_view text);
  // An element with a text and nothing else in it.
  Html& element(std::string_view tag, std::string_view text, Attributes attributes = {});
  // One that never has content: meta, line.
  Html& empty(std::string_view tag, Attributes attributes = {});
  // Text of ours that stands as it is: a style sheet, a piece that another writer made.
  Html& raw(std::string_view markup);

  // Closes what is open.
  std::string finish();

 private:
  void begin(std::string_view tag, Attributes attributes);

  std::string out_;
  std::vector<std::string> open_;
};

std::string escape_html(std::string_view text);

}  // namespace idpd::service
