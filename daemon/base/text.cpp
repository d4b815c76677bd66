#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <iterator>
#include <utility>

namespace idpd::base {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// Optimal string alignment distance.
std::size_t edits(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

// How long the UTF-8 sequence is that begins here; 0 when there is none.
std::size_t sequence(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(i < text.size() ? text[i] : 0));
  };
  const unsigned first = at(0);
  const std::size_t size = first < 0x80                    ? 1
                           : first >= 0xc2 && first < 0xe0 ? 2
                           : first < 0xe0                  ? 0
                           : first < 0xf0                  ? 3
                           : first < 0xf5                  ? 4
                                                           : 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool outside = (first == 0xed && at(1) >= 0xa0) || (first == 0xf4 && at(1) >= 0x90);
  const bool nobody = first == 0xef && at(1) == 0xbf && at(2) >= 0xbe;  // U+FFFE and U+FFFF
  return overlong || outside || nobody ? 0 : size;
}

// Of a whole sequence.
std::uint32_t code_point(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::uint32_t point = text.size() == 1 ? first : first & (0x7fU >> text.size());
  for (const char c : text.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3fU);
  return point;
}

// Code points beyond ASCII that steer instead of showing something. The joiners (U+200C, U+200D) are left
// alone: there are scripts and emoji that need them.
bool steers(std::uint32_t point) {
  constexpr std::pair<std::uint32_t, std::uint32_t> ranges[] = {
      {0x80, 0x9f},        // C1: U+009B is ESC [
      {0xad, 0xad},        // seen at a line's end alone
      {0x61c, 0x61c},      // direction
      {0x180e, 0x180e},    // without width
      {0x200b, 0x200b},    // without width
      {0x200e, 0x200f},    // direction
      {0x2028, 0x202e},    // ends of lines and paragraphs, direction
      {0x2060, 0x206f},    // without width, direction
      {0xfeff, 0xfeff},    // without width
      {0xfff9, 0xfffb},    // notes between the lines
      {0xe0000, 0xe007f},  // tags, which nobody sees
  };
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const auto& range) { return range.first <= point && point <= range.second; });
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest = 64;  // a longer word is no typing error, and the cost is quadratic
  if (word.empty() || word.size() > longest) return std::nullopt;
  const std::string wanted = lower(word);
  std::optional<std::string> best;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > longest) continue;
    const std::size_t distance = edits(wanted, lower(candidate));
    if (distance < fewest) {
      fewest = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto found = nearest(word, candidates);
  return found ? fmt::format(", did you mean \"{}\"?", *found) : "";
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto first = text.find_first_not_of(space);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::string slug(std::string_view text) {
  std::string out;
  for (const char c : lower(text)) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (keep) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t size = std::max<std::size_t>(sequence(text.substr(at)), 1);
    const std::uint32_t point = size > 1 ? code_point(text.substr(at, size)) : byte;
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (size > 1 && steers(point)) {
      out += point > 0xffff ? fmt::format("\\U{:08x}", point) : fmt::format("\\u{:04x}", point);
    } else {
      out += text.substr(at, size);
    }
    at += size;
  }
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t size = std::max<std::size_t>(sequence(json.substr(at)), 1);
    const std::uint32_t point = size > 1 ? code_point(json.substr(at, size)) : 0;
    if (json[at] == '\x7f') {
      out += "\\u007f";
    } else if (point > 0xffff && steers(point)) {  // JSON knows it as two halves
      constexpr std::uint32_t high = 0xd800 - (0x10000 >> 10);
      out += fmt::format("\\u{:04x}\\u{:04x}", high + (point >> 10), 0xdc00 + (point & 0x3ff));
    } else if (steers(point)) {
      out += fmt::format("\\u{:04x}", point);
    } else {
      out += json.substr(at, size);
    }
    at += size;
  }
  return out;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    out += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string_view beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0U) == 0x80U) --bytes;
  return text.substr(0, bytes);
}

bool is_masked(std::string_view text) {
  return !text.empty() && text.find_first_not_of('*') == std::string_view::npos;
}

}  // namespace idpd::base
