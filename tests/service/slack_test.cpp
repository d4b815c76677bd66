#include "service/slack.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include "report/words.h"
#include "sample_incidents.h"
#include "support/golden.h"

namespace idpd::service {
namespace {

using base::Json;
using model::Ending;
using test::drift;
using ::testing::HasSubstr;
using ::testing::Not;

Json parsed(const model::Incident& incident, Event event) {
  auto json = base::parse_json(slack_body(incident, event));
  if (!json) throw std::runtime_error(json.error().message);
  return *std::move(json);
}

// Every text object of a message, and the limits that Slack sets.
void expect_allowed(const Json& body) {
  const auto expect_text = [](const Json& object, std::size_t most) {
    const std::string text = object.text("text");
    EXPECT_LE(report::width(text), most);
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_of("<>"), std::string::npos) << text;
    EXPECT_TRUE(object.text("type") == "plain_text" || object.flag("verbatim"));
  };
  EXPECT_EQ(body.text("text").find_first_of("<>"), std::string::npos);
  EXPECT_LE(body.text("text").size(), 3000U);
  const Json* blocks = body.find("blocks");
  ASSERT_TRUE(blocks && blocks->is_array());
  EXPECT_LE(blocks->array().size(), 50U);
  for (const Json& block : blocks->array()) {
    if (const Json* text = block.find("text"))
      expect_text(*text, block.text("type") == "header" ? 150 : 3000);
    if (const Json* elements = block.find("elements")) {
      EXPECT_LE(elements->array().size(), 10U);
      for (const Json& element : elements->array()) expect_text(element, 3000);
    }
  }
}

TEST(Slack, MessagesLookAsAPersonHasFoundGood) {
  std::string all;
  for (const auto& [incident, event] :
       {std::pair(drift(), Event::opened), std::pair(test::withheld(), Event::reminder),
        std::pair(test::ended(drift(), Ending::healed, std::chrono::seconds(0)), Event::opened),
        std::pair(test::ended(test::failure(), Ending::resolved, std::chrono::minutes(90)), Event::ended)}) {
    const Json body = parsed(incident, event);
    expect_allowed(body);
    all += base::dump_json_pretty(body) + "\n";
  }
  expect_golden("service/golden/slack.json", all);
}

TEST(Slack, AHostileNameMentionsNobodyAndLinksNowhere) {
  model::Incident incident = drift();
  for (const char* hostile :
       {"<!channel>", "<@U012AB3CD>", "<https://evil.example|log in>", "@channel", "@here @everyone",
        "`*_~&lt;", "https://evil.example", "a\n<!here>", "\xe2\x80\xae<!here>", "&<!channel>"}) {
    incident.name = incident.message = incident.type = incident.key = incident.account = incident.id =
        hostile;
    incident.changed_by = model::Attribution{hostile, hostile, hostile};
    incident.fields = {{.path = hostile, .live = hostile, .desired = base::Json::Array{hostile}}};
    incident.approve = hostile;
    for (const Event event : {Event::opened, Event::changed, Event::reminder, Event::ended}) {
      const Json body = parsed(incident, event);
      expect_allowed(body);
      EXPECT_THAT(body.text("text"), Not(HasSubstr("://"))) << hostile;
      const std::string whole = base::dump_json(body);
      EXPECT_THAT(whole, Not(HasSubstr("@channel"))) << hostile;
      EXPECT_THAT(whole, Not(HasSubstr("@here"))) << hostile;
      EXPECT_THAT(whole, Not(HasSubstr("\xe2\x80\xae"))) << hostile;
    }
  }
}

TEST(Slack, AnAddressStaysWhole) {
  EXPECT_EQ(slack_text("ann.b+c@example.com", 100), "ann.b+c@example.com");
  EXPECT_EQ(slack_text("a < b && c > d", 100), "a &lt; b &amp;&amp; c &gt; d");
}

TEST(Slack, IsCutBetweenCharactersAndBeforeAnEntity) {
  EXPECT_EQ(slack_text("abcdef", 6), "abcdef");
  EXPECT_EQ(slack_text("abcdefg", 6), "abc…");
  EXPECT_EQ(slack_text("ab&cd", 7), "ab…");
  EXPECT_EQ(slack_text("äöü", 6), "äöü");
  EXPECT_EQ(slack_text("äöüä", 6), "ä…");
  EXPECT_EQ(slack_text("", 6), "");
  EXPECT_EQ(slack_text("\xc3<!channel>\x80", 100), "\xef\xbf\xbd&lt;!channel&gt;\xef\xbf\xbd") << "no UTF-8";
}

TEST(Slack, HoweverMuchDiffersTheLimitsHold) {
  model::Incident incident = drift();
  const std::string lots(5'000, '&');
  incident.name = incident.message = incident.approve = incident.key = lots;
  incident.changed_by = model::Attribution{lots, lots, lots};
  incident.fields.assign(200, {.path = lots, .live = lots, .desired = Json::Array(3, lots)});
  const Json body = parsed(incident, Event::opened);
  expect_allowed(body);
  EXPECT_THAT(base::dump_json(body), HasSubstr("more fields"));
}

TEST(Slack, RandomNamesNeverBreakTheLimits) {
  const char* given = std::getenv("IDPD_TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoll(given)) : std::random_device{}();
  std::printf("seed %u (repeat with IDPD_TEST_SEED)\n", seed);
  std::mt19937 random(seed);
  const std::vector<std::string> atoms{"<",  ">", "&", "@",  "`",   "ä",  "€",
                                       "😀", "a", " ", "\n", "://", "\\", "\""};
  const auto text = [&] {
    std::string out;
    for (auto left = random() % 400; left > 0; --left) out += atoms[random() % atoms.size()];
    return out;
  };
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    model::Incident incident = drift();
    incident.name = text();
    incident.message = text();
    incident.changed_by->actor = text();
    incident.fields.clear();
    for (auto left = random() % 60; left > 0; --left)
      incident.fields.push_back({.path = text(), .live = text(), .desired = text()});
    expect_allowed(parsed(incident, Event::opened));
  }
}

}  // namespace
}  // namespace idpd::service
