#include "service/status_page.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "report/words.h"
#include "service/page_parts.h"

namespace idpd::service {

namespace {

constexpr const char* refresh_seconds = "30";
constexpr std::size_t most_accounts_shown = 50;

std::string_view style_of(Mood mood) {
  return mood == Mood::good ? "good" : mood == Mood::attention ? "bad" : "warn";
}

void write_head(Html& out, const Headline& head) {
  out.open("head").empty("meta", {{"charset", "utf-8"}});
  out.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  out.empty("meta", {{"name", "robots"}, {"content", "noindex"}});
  out.empty("meta", {{"http-equiv", "refresh"}, {"content", refresh_seconds}});
  out.element("title", head.few_words + " – idpd");
  out.open("style").raw(page_style).close().close();
}

void write_top(Html& out, const Showing& show, const Headline& head) {
  const std::string_view sign = head.mood == Mood::good ? "✓ " : head.mood == Mood::attention ? "✗ " : "? ";
  out.open("header").open("h1", {{"class", style_of(head.mood)}});
  out.element("span", sign, {{"aria-hidden", "true"}}).text(head.sentence).close();
  out.open("p");
  if (show.status.at) {
    out.text("As of ");
    write_time(out, show.status.at, show.now);
    out.text(". ");
  }
  out.text(fmt::format("This page reloads itself every {} seconds.", refresh_seconds)).close().close();
}

void write_source_problem(Html& out, const SourceView& source) {
  if (source.problem.empty()) return;
  out.open("section", {{"class", "alarm"}}).element("h2", "The files cannot be used");
  out.element("p", "The last good ones stay in force until this is mended:");
  out.element("p", source.problem, {{"class", "bad"}}).close();
}

void write_other_accounts(Html& out, const Showing& show, const ToldAccounts& told) {
  if (told.left_out == 0 && told.quiet == 0) return;
  out.open("section").element("h2", "Other accounts");
  if (told.left_out > 0) {
    out.element("p",
                fmt::format("{} need a look too; idpd status --output json has them all.",
                            report::counted(told.left_out, "account", "accounts")),
                {{"class", "bad"}});
  }
  if (told.quiet > 0) {
    out.open("p").text(told.quiet_words() + ".");
    if (told.quiet_oldest) {
      out.text(" The oldest of their last passes: ");
      write_time(out, told.quiet_oldest, show.now);
      out.text(".");
    }
    out.close();
  }
  out.close();
}

}  // namespace

Page status_page(const base::Json& status, const base::Json& history, model::Time now) {
  const StatusView status_view = view_of_status(status);
  const HistoryView history_view = view_of_history(history);
  const Showing show{status_view, history_view, now};
  const Headline head = headline(status_view);
  Html out;
  out.raw("<!DOCTYPE html>\n").open("html", {{"lang", "en"}});
  write_head(out, head);
  out.open("body");
  write_top(out, show, head);
  out.open("main");
  write_source_problem(out, status_view.source);
  write_waiting(out, show);
  write_incidents(out, show);
  const ToldAccounts told = status_view.told_accounts(most_accounts_shown);
  for (const AccountView* account : told.told) write_account(out, show, *account);
  write_other_accounts(out, show, told);
  write_history(out, show);
  write_files(out, show);
  out.close().open("footer").open("p").text("idpd " + status_view.version);
  if (status_view.started) {
    out.text(", running since ");
    write_since(out, status_view.started, now);
  }
  out.close().close();
  return {
      out.finish(),
      fmt::format("default-src 'none'; style-src 'sha256-{}'; img-src 'none'; base-uri 'none'; form-action "
                  "'none'; frame-ancestors 'none'",
                  base::sha256_base64(page_style))};
}

}  // namespace idpd::service
