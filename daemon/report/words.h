// The words and measures that the written forms share. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "report/report.h"

namespace idpd::report {

// What no written form may hold as it came.
inline std::string clean(std::string_view text) {
  return base::printable(text);
}

// Columns, taking one for each code point.
std::size_t width(std::string_view text);
std::string pad(std::string text, std::size_t columns);
// Cut out of the middle, since both ends of a URL or an id tell more than its middle does.
std::string shorten(std::string_view text, std::size_t columns);
// Lines of at most so many columns. What stands in backticks stays on one line, so that it can be copied.
std::vector<std::string> wrap(std::string_view text, std::size_t columns);

// `1 account`, `2 accounts`.
std::string counted(std::size_t number, std::string_view one, std::string_view many);

std::string_view sign(plan::Action action);
// `pingone "PingOne Workforce"`.
std::string title(std::string_view type, std::string_view name);
// Why a change is needed, where its sign does not say it; may be empty.
std::string origin_words(const plan::Change& change);
// `done`, `failed: …`; a withheld one with its reason.
std::string outcome_words(const plan::Change& change);
// Why an account is unknown, and, after an apply, that nothing was changed in it.
std::string error_words(const Report& report, const plan::AccountPlan& account);
// Of an apply that the world has overtaken.
inline constexpr std::string_view overtaken =
    "somebody changed it in Cloudflare since the plan was made; what was changed is skipped and as they left "
    "it; run it again";

// A value on one line, long strings shortened; null is `(unset)`.
std::string shown(const base::Json& value);
std::string shown_whole(const base::Json& value);
// The same for the two sides of a change: shortened only as long as one can see the difference.
struct Sides {
  std::string before;
  std::string after;
};
Sides shown_sides(const plan::FieldChange& field);

// What a list without order gained and lost, each value as shown. Both are empty when this is no such list.
struct SetChange {
  std::vector<std::string> added;
  std::vector<std::string> removed;

  std::size_t size() const { return added.size() + removed.size(); }
};
SetChange set_change(const plan::FieldChange& field);

// Creates and replaces begin with nothing: their fields have no "before" worth showing.
inline bool from_nothing(const plan::Change& change) {
  return change.action == plan::Action::create || change.action == plan::Action::replace;
}

// One line for each diagnostic of the report, those of several accounts with the account's name.
struct Remark {
  model::Severity severity;
  std::string where;  // file:line:column, or the account; may be empty
  std::string message;
};
std::vector<Remark> remarks(const Report& report);

// The only account, of somebody who has not named it: its name tells nothing.
inline bool nameless(const Report& report) {
  return report.accounts.size() == 1 && report.accounts.front().account == "default";
}

}  // namespace idpd::report
