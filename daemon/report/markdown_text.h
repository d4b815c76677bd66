// Text that comes from outside, written so that it stays text in a comment of GitHub or GitLab: nothing
// leaves its place, becomes markup, links to something, gives a quick action or calls people. Pure.
#pragma once

#include <string>
#include <string_view>

namespace idpd::report {

// In backticks, as many as it takes.
std::string markdown_code(std::string_view raw);
// Escaped; what stands in backticks (a command to copy) stays code.
std::string markdown_prose(std::string_view raw);
// Lines in a fence that none of them can end.
std::string markdown_fence(std::string_view language, std::string_view lines);
// Where Markdown is not read, as in `<summary>`: a `<code>` element, in which neither forge looks for names.
std::string html_code(std::string_view raw);

}  // namespace idpd::report
