#include "service/timeline.h"

#include <gtest/gtest.h>

#include "service/status_samples.h"

namespace idpd::service {
namespace {

TEST(Timeline, OfNothingIsNothing) {
  EXPECT_EQ(timeline(HistoryView{}, sample_now), "");
}

TEST(Timeline, HasATextForThoseWhoCannotSeeIt) {
  const std::string svg = timeline(view_of_history(status_sample("incident").history), sample_now);
  EXPECT_NE(svg.find("role=\"img\""), std::string::npos);
  EXPECT_NE(svg.find("6 passes and 4 incidents, 3 of them open"), std::string::npos);
}

TEST(Timeline, TellsResultsByShapeToo) {
  const std::string svg = timeline(view_of_history(status_sample("incident").history), sample_now);
  for (const char* title : {"in sync 2026-11-27T03:00:00Z", "withheld 2026-11-28T03:00:00Z",
                            "drift: partners, open", "drift: workforce, reverted"})
    EXPECT_NE(svg.find(title), std::string::npos) << title;
}

TEST(Timeline, LabelsEveryAccount) {
  const std::string svg = timeline(view_of_history(status_sample("incident").history), sample_now);
  EXPECT_NE(svg.find("passes of production"), std::string::npos);
  EXPECT_NE(svg.find("passes of staging"), std::string::npos);
}

// A clock that was set back, and an incident older than what is shown.
TEST(Timeline, PutsWhatLiesOutsideOnTheEdge) {
  HistoryView history;
  IncidentView incident;
  incident.kind = "drift";
  incident.first_seen = sample_now - std::chrono::hours(24 * 365);
  history.incidents.push_back(incident);
  incident.first_seen = sample_now + std::chrono::hours(1);
  history.incidents.push_back(incident);
  const std::string svg = timeline(history, sample_now);
  EXPECT_NE(svg.find("x=\"2.00%\" y=\"26\" width=\"96.00%\""), std::string::npos) << svg;
  EXPECT_NE(svg.find("x=\"98.00%\""), std::string::npos);
}

}  // namespace
}  // namespace idpd::service
