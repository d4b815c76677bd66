// Small helpers on text that several folders need. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace idpd::base {

// The candidate that was probably meant: fewest edits (insert, delete, replace, swap of neighbours),
// without regard to case, and no more edits than a third of the word. Nothing when none is near.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// `, did you mean "client_id"?`, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Without white space at its ends.
std::string_view trimmed(std::string_view text);

// Lower-case letters, digits and single hyphens: "PingOne Workforce" -> "pingone-workforce".
std::string slug(std::string_view text);

// What neither a terminal may interpret nor a reader be misled by is shown as a code: control characters,
// those of the C1 block, what ends a line or turns the direction of writing, and what nobody sees.
std::string printable(std::string_view text);
// The same for text that is JSON already: nothing but the way in which it is written changes.
std::string printable_json(std::string_view json);

// The same where it is UTF-8; U+FFFD in place of each byte that is none. JSON takes nothing else.
std::string valid_utf8(std::string_view text);

// At most so many bytes from its beginning, cut between characters, so that UTF-8 stays whole.
std::string_view beginning(std::string_view text, std::size_t bytes);

// Nothing but asterisks, at least one: how the API shows a secret that it holds (the length varies).
bool is_masked(std::string_view text);

}  // namespace idpd::base
