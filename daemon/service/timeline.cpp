#include "service/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/words.h"
#include "service/html.h"

namespace idpd::service {

namespace {

using model::Time;
using std::chrono::seconds;

constexpr std::size_t most_lanes = 12;
constexpr std::size_t most_bars = 12;
constexpr std::size_t most_marks = 60;     // a lane; more would melt together
constexpr std::size_t label_columns = 40;  // fits into 320 pixels
constexpr int label_height = 18;
constexpr int lane_height = 44;
constexpr int top = 4;
constexpr seconds longest = std::chrono::hours(24 * 7);
constexpr seconds shortest = std::chrono::minutes(10);

struct Span {
  Time from;
  Time to;

  // In per cent from the left; what lies outside is put on the edge.
  std::string place(Time at) const {
    const double all = static_cast<double>(std::max<std::int64_t>(1, (to - from).count()));
    const double part = static_cast<double>((std::clamp(at, from, to) - from).count());
    return fmt::format("{:.2f}%", 2 + 96 * part / all);  // marks on the edge are not cut off
  }
  std::string width(Time begin, Time end) const {
    const double all = static_cast<double>(std::max<std::int64_t>(1, (to - from).count()));
    const double part =
        static_cast<double>((std::clamp(end, from, to) - std::clamp(begin, from, to)).count());
    return fmt::format("{:.2f}%", std::max(0.8, 96 * part / all));
  }
};

// The shape tells as much as the colour: a dot, a diamond, a square, a cross.
struct Shape {
  const char* path;
  const char* style;
};
Shape shape_of(const std::string& result) {
  if (result == "in_sync") return {"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", "good"};
  if (result == "changes") return {"M0 -6L6 0L0 6L-6 0z", "warn"};
  if (result == "withheld") return {"M-5 -5H5V5H-5z", "warn"};
  return {"M-5 -5L5 5M5 -5L-5 5", "bad cross"};
}

using Lanes = std::map<std::string, std::vector<const PassView*>>;

Lanes lanes_of(const HistoryView& history) {
  Lanes out;
  for (const PassView& pass : history.passes) {
    if (!pass.began || (out.size() == most_lanes && !out.contains(pass.account))) continue;
    auto& lane = out[pass.account];
    if (lane.size() < most_marks) lane.push_back(&pass);
  }
  return out;
}

std::vector<const IncidentView*> bars_of(const HistoryView& history, Time now) {
  std::vector<const IncidentView*> out;
  for (const IncidentView& one : history.incidents) {
    if (one.first_seen && (!one.ended || *one.ended > now - longest) && out.size() < most_bars)
      out.push_back(&one);
  }
  return out;
}

Span span_of(const Lanes& lanes, const std::vector<const IncidentView*>& bars, Time now) {
  Time from = now - shortest;
  for (const auto& [account, lane] : lanes) from = std::min(from, *lane.back()->began);
  for (const IncidentView* one : bars) from = std::min(from, *one->first_seen);
  return {std::max(from, now - longest), now};
}

const char* bar_style(const IncidentView& one) {
  if (one.ended) return "bar";
  return one.kind == "expiry" || one.kind == "withheld" ? "bar warn" : "bar bad";
}

std::string label_of(const IncidentView& one) {
  std::string out = fmt::format("{}: {}", one.kind, one.subject());
  out = report::shorten(out, label_columns - 12);
  return out +
         (one.ended ? ", " + (one.ending.empty() ? "ended" : report::shorten(one.ending, 10)) : ", open");
}

}  // namespace

std::string timeline(const HistoryView& history, Time now) {
  const Lanes lanes = lanes_of(history);
  const auto bars = bars_of(history, now);
  if (lanes.empty() && bars.empty()) return "";
  const Span span = span_of(lanes, bars, now);
  const int height = top + lane_height * static_cast<int>(lanes.size() + bars.size()) + label_height;
  Html out;
  out.open("svg", {{"xmlns", "http://www.w3.org/2000/svg"},
                   {"class", "timeline"},
                   {"width", "100%"},
                   {"height", std::to_string(height)},
                   {"role", "img"},
                   {"aria-labelledby", "timeline-title timeline-text"}});
  out.element("title", "Passes and incidents over time", {{"id", "timeline-title"}});
  const auto open =
      std::count_if(bars.begin(), bars.end(), [](const IncidentView* one) { return !one->ended; });
  out.element(
      "desc",
      fmt::format("From {} to {}: {} and {}, {} of them open. The tables below say the same in words.",
                  model::timestamp(span.from), model::timestamp(span.to),
                  report::counted(history.passes.size(), "pass", "passes"),
                  report::counted(bars.size(), "incident", "incidents"), open),
      {{"id", "timeline-text"}});
  int y = top;
  const auto begin_lane = [&](const std::string& label) {
    out.element("text", label, {{"x", "2%"}, {"y", std::to_string(y + 13)}});
    out.empty("line", {{"class", "axis"},
                       {"x1", "2%"},
                       {"x2", "98%"},
                       {"y1", std::to_string(y + 28)},
                       {"y2", std::to_string(y + 28)}});
  };
  for (const auto& [account, lane] : lanes) {
    begin_lane(report::shorten("passes of " + account, label_columns));
    for (const PassView* pass : lane) {
      if (*pass->began < span.from) continue;
      const Shape shape = shape_of(pass->result);
      out.open("svg", {{"x", span.place(*pass->began)}, {"y", std::to_string(y + 28)}, {"class", "mark"}});
      out.open("path", {{"class", shape.style}, {"d", shape.path}});
      out.element("title", fmt::format("{} {}", words_of(pass->result), model::timestamp(*pass->began)));
      out.close().close();
    }
    y += lane_height;
  }
  for (const IncidentView* one : bars) {
    begin_lane(label_of(*one));
    out.open("rect", {{"class", bar_style(*one)},
                      {"x", span.place(*one->first_seen)},
                      {"y", std::to_string(y + 22)},
                      {"width", span.width(*one->first_seen, one->ended.value_or(now))},
                      {"height", "12"}});
    out.element("title", label_of(*one)).close();
    y += lane_height;
  }
  const std::string base = std::to_string(y + 13);
  out.element("text", relative(span.from, now), {{"x", "2%"}, {"y", base}, {"class", "faint"}});
  out.element("text", relative(span.from + (span.to - span.from) / 2, now),
              {{"x", "50%"}, {"y", base}, {"class", "faint middle"}, {"text-anchor", "middle"}});
  out.element("text", "now", {{"x", "98%"}, {"y", base}, {"class", "faint"}, {"text-anchor", "end"}});
  return out.finish();
}

}  // namespace idpd::service
