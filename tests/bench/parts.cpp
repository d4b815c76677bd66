// The pure parts of a drift check, one after the other, on a world that world.py made:
//   idpd_bench_parts FOLDER [ROUNDS]
// prints of each what it took: name, seconds of CPU (the least of the rounds), bytes that its result holds.
// Under callgrind each part is a dump of its own, which is how instructions.py counts. Two more parts merely
// parse the same bytes with the two libraries that idpd reads them with.
#include <malloc.h>
#include <rapidjson/document.h>
#include <valgrind/callgrind.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cloudflare/envelope.h"
#include "cloudflare/pagination.h"
#include "config/identity_providers.h"
#include "embedded.h"
#include "model/live.h"
#include "plan/planner.h"
#include "report/report.h"

using namespace idpd;

namespace {

[[noreturn]] void fail(std::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(EXIT_FAILURE);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// What the part gave, the last time.
template <typename Part>
auto measure(const char* name, int rounds, Part part) {
  std::optional<decltype(part())> result;
  double least = 0;
  std::size_t held = 0;
  for (int round = 0; round < rounds; ++round) {
    result.reset();
    const std::size_t before = mallinfo2().uordblks;
    CALLGRIND_ZERO_STATS;
    const double began = cpu_seconds();
    result.emplace(part());
    const double took = cpu_seconds() - began;
    CALLGRIND_DUMP_STATS_AT(name);
    const std::size_t after = mallinfo2().uordblks;
    held = std::max(after, before) - before;
    least = round == 0 ? took : std::min(least, took);
  }
  std::printf("%s %.6f %zu\n", name, least, held);
  std::fflush(stdout);
  return *std::move(result);
}

std::string read(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return std::move(out).str();
}

// The pages of the one account's list, in their order.
std::vector<std::string> read_pages(const std::filesystem::path& folder) {
  const auto account = std::filesystem::directory_iterator(folder / "lists")->path();
  std::vector<std::string> out;
  for (int page = 1;; ++page) {
    const auto path = account / (std::to_string(page) + ".json");
    if (!std::filesystem::exists(path)) return out;
    out.push_back(read(path));
  }
}

// As Client::list and reconcile's list do it, without the wire between them.
model::LiveState live_state(const model::TypeCatalog& catalog, const std::vector<std::string>& pages) {
  constexpr int a_page = 1000;
  cloudflare::Listing listing("the list", a_page);
  bool complete = false;
  for (const std::string& page : pages) {
    http::Response response;
    response.status = 200;
    response.body = page;
    auto envelope =
        cloudflare::read_envelope(http::Method::get, "/accounts/a/access/identity_providers", response);
    if (!envelope) fail(envelope.error().text());
    const auto last = listing.add(*std::move(envelope));
    if (!last) fail(last.error().text());
    complete = *last;
  }
  if (!complete) fail("the list is not whole");
  base::Json::Array objects = listing.take();
  model::LiveState out;
  out.providers.reserve(objects.size());
  for (base::Json& object : objects) {
    auto taken = model::take_live(catalog, std::move(object));
    if (!taken) fail(taken.error().text());
    out.providers.push_back(*std::move(taken));
  }
  return out;
}

model::DesiredState desired_state(const model::TypeCatalog& catalog,
                                  const std::vector<config::SourceFile>& files) {
  auto loaded = config::load_desired(files, catalog, {});
  if (!loaded.ok() || loaded.accounts.size() != 1) fail("the files cannot be loaded");
  return std::move(loaded.accounts.begin()->second);
}

// Of the daemon: the first file was edited since it last read them.
config::SharedDesired read_again(const model::TypeCatalog& catalog,
                                 const std::vector<config::SourceFile>& files,
                                 const config::SharedDesired& before) {
  config::SharedDesired again(files, catalog, {}, before);
  if (!again.ok() || again.parsed() != 1) fail("not the one file was parsed again");
  return again;
}

// As after a pass that found nothing to do.
std::vector<model::Record> records_of(const model::DesiredState& desired, const model::LiveState& live) {
  std::map<std::string_view, const model::LiveProvider*> by_name;
  for (const model::LiveProvider& one : live.providers) by_name.emplace(one.name, &one);
  std::vector<model::Record> out;
  for (const model::DesiredProvider& one : desired.providers) {
    const model::LiveProvider& found = *by_name.at(one.name());
    model::Record record;
    record.key = one.key;
    record.id = found.id;
    record.type = found.type;
    record.name = found.name;
    for (const auto& [path, value] : one.fields) {
      if (const auto same = found.fields.find(path); same != found.fields.end())
        record.applied.emplace(path, same->second);
    }
    record.observed = record.applied;
    record.passes = model::young_passes;
    out.push_back(std::move(record));
  }
  return out;
}

// Somebody gave each one another client id.
model::DesiredState all_changed(model::DesiredState desired) {
  for (model::DesiredProvider& one : desired.providers) one.fields["config.client_id"] = "another";
  return desired;
}

std::size_t parse_json(const std::vector<std::string>& pages) {
  std::size_t count = 0;
  for (const std::string& page : pages) {
    rapidjson::Document document;
    document.Parse(page.data(), page.size());
    if (document.HasParseError()) fail("the list is no JSON");
    count += document["result"].Size();
  }
  return count;
}

std::size_t parse_yaml(const std::vector<config::SourceFile>& files) {
  std::size_t count = 0;
  for (const config::SourceFile& file : files) {
    for (const YAML::Node& document : YAML::LoadAll(file.text))
      count += document["identity_providers"].size();
  }
  return count;
}

void run(const std::filesystem::path& folder, int rounds) {
  const auto catalog = model::TypeCatalog::load(schema::documents());
  const auto files = config::read_files({folder / "identity-providers"});
  const std::vector<std::string> pages = read_pages(folder);
  if (!catalog || !files || pages.empty()) fail("there is no world in the folder");

  const auto live = measure("live", rounds, [&] { return live_state(*catalog, pages); });
  const auto desired = measure("desired", rounds, [&] { return desired_state(*catalog, *files); });
  {
    const config::SharedDesired before(*files, *catalog, {});
    auto edited = *files;
    edited.front().text += "# edited\n";
    measure("desired_one_edited", rounds, [&] { return read_again(*catalog, edited, before); });
  }
  const auto records = records_of(desired, live);
  const std::vector<model::Intent> intents;
  const auto plan_of = [&](const model::DesiredState& wanted) {
    return plan::make_plan({.catalog = *catalog,
                            .account = "account-0000",
                            .account_id = "00000000000000000000000000000001",
                            .desired = wanted,
                            .live = live,
                            .records = &records,
                            .intents = &intents,
                            .seen_before = true})
        .plan;
  };
  const auto in_sync = measure("plan_in_sync", rounds, [&] { return plan_of(desired); });
  if (in_sync.in_sync != live.providers.size()) fail("the plan is not empty");
  const auto other = all_changed(desired);
  report::Report report;
  report.accounts.push_back(measure("plan_all_changed", rounds, [&] { return plan_of(other); }));
  if (report.accounts[0].changes.size() != live.providers.size()) fail("the plan is not full");
  measure("report_json", rounds, [&] { return base::dump_json_pretty(report::to_json(report)); });
  measure("fingerprint", rounds, [&] { return plan::fingerprint(report.accounts); });
  const std::size_t objects = measure("rapidjson", rounds, [&] { return parse_json(pages); });
  const std::size_t entries = measure("yaml_cpp", rounds, [&] { return parse_yaml(*files); });
  if (objects != live.providers.size() || entries != objects) fail("the parsers found others");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) fail("usage: idpd_bench_parts FOLDER [ROUNDS]");
  run(argv[1], argc > 2 ? std::atoi(argv[2]) : 1);
}
