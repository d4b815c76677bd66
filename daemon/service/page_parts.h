// The sections of the status page, each written into the page by a function of its own. Used by
// status_page.cpp alone. Pure.
#pragma once

#include "service/html.h"
#include "service/view.h"

namespace idpd::service {

// The page's look; goes into its one <style>.
extern const std::string_view page_style;

// What is being shown, and when; outlives the calls.
struct Showing {
  const StatusView& status;
  const HistoryView& history;
  model::Time now;
};

// `4 minutes ago (2026-…Z)` as a <time>; "never" without one.
void write_time(Html& out, const MaybeTime& at, model::Time now);
// `2026-…Z (for 4 minutes)`.
void write_since(Html& out, const MaybeTime& at, model::Time now);
// A state in words with a sign before it: its colour only repeats it. The class is good, warn or bad.
void write_badge(Html& out, std::string_view style, std::string_view words);
// The table of what differs, live against file.
void write_fields(Html& out, const std::vector<FieldView>& fields);
void write_actor(Html& out, const ActorView& actor, model::Time now);

void write_waiting(Html& out, const Showing& show);  // changes that want consent, and the command
void write_incidents(Html& out,
                     const Showing& show);  // the open ones that no identity provider's place tells
void write_account(Html& out, const Showing& show, const AccountView& account);
void write_history(Html& out, const Showing& show);
void write_files(Html& out, const Showing& show);

}  // namespace idpd::service
