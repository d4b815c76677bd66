#include "service/message.h"

#include <gmock/gmock.h>

#include "sample_incidents.h"
#include "support/golden.h"

namespace idpd::service {
namespace {

using model::Ending;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::drift;
using test::found_at;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const model::Incident& incident, Event event) {
  return message(incident, event).text + "\n";
}

TEST(Message, OneSentenceSaysItAll) {
  const model::Incident healed = test::ended(drift(), Ending::healed, seconds(0));
  const model::Incident reverted = test::ended(drift(), Ending::reverted, hours(2) + minutes(5));
  model::Incident files = test::failure();
  files.account = "";
  files.account_id = "";
  files.message = "idp.yaml:3:1: unknown field";
  model::Incident many = drift();
  for (int i = 0; i < 4; ++i) many.fields.push_back(many.fields[0]);
  expect_golden("service/golden/sentences.txt",
                text_of(drift(), Event::opened) + text_of(drift(), Event::changed) +
                    text_of(drift(), Event::reminder) + text_of(healed, Event::opened) +
                    text_of(reverted, Event::ended) + text_of(test::failure(), Event::opened) +
                    text_of(test::ended(test::failure(), Ending::resolved, minutes(3)), Event::ended) +
                    text_of(test::withheld(), Event::opened) + text_of(test::withheld(), Event::reminder) +
                    text_of(files, Event::opened) + text_of(many, Event::opened));
}

TEST(Message, TheDocumentForProgramsIsAsTheManualSays) {
  std::string all;
  for (const auto& [incident, event] :
       {std::pair(drift(), Event::opened), std::pair(test::withheld(), Event::reminder),
        std::pair(test::ended(drift(), Ending::healed, minutes(2)), Event::ended)}) {
    const auto parsed = base::parse_json(json_body(incident, event, found_at + hours(1)));
    ASSERT_TRUE(parsed.ok());
    all += base::dump_json_pretty(*parsed) + "\n";
  }
  // The version is not part of the form.
  for (std::size_t at = 0; (at = all.find("\"" IDPD_VERSION "\"", at)) != std::string::npos;)
    all.replace(at, std::string("\"" IDPD_VERSION "\"").size(), "\"VERSION\"");
  expect_golden("service/golden/messages.json", all);
}

TEST(Message, IsOfTheEventThatTheSettingsName) {
  EXPECT_EQ(name_of(drift(), Event::opened), "drift");
  EXPECT_EQ(name_of(drift(), Event::changed), "drift");
  EXPECT_EQ(name_of(test::withheld(), Event::reminder), "withheld");
  EXPECT_EQ(name_of(test::failure(), Event::ended), "resolved");
  EXPECT_FALSE(message(drift(), Event::changed).reminder);
  EXPECT_TRUE(message(drift(), Event::reminder).reminder);
}

TEST(Message, ShowsWhatCouldMisleadAReaderAsCodes) {
  model::Incident incident = drift();
  incident.name =
      "a\nb\xe2\x80\xae"
      "c\x1b[2J";
  incident.changed_by->actor = "\r\nboss";
  incident.message = "x\ty";
  incident.fields[0].path = "config.\x07";
  const std::string text = text_of(incident, Event::opened);
  EXPECT_EQ(text.find_first_of("\x1b\r\t\x07"), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
  EXPECT_THAT(text, Not(HasSubstr("\xe2\x80\xae")));
}

TEST(Message, NeverShowsASensitiveValue) {
  model::Incident incident = drift();
  incident.fields = {{.path = "config.x", .live = "s3cret", .desired = "0ther", .sensitive = true}};
  EXPECT_THAT(text_of(incident, Event::opened), Not(HasSubstr("s3cret")));
  EXPECT_THAT(text_of(incident, Event::opened), Not(HasSubstr("0ther")));
}

TEST(Message, WhatIsOverCanNoLongerBeApproved) {
  EXPECT_THAT(text_of(test::withheld(), Event::opened), HasSubstr("idpd approve sha256:6b86b273"));
  const auto over = test::ended(test::withheld(), Ending::resolved, minutes(1));
  EXPECT_THAT(text_of(over, Event::ended), Not(HasSubstr("approve")));
}

TEST(DurationWords, AreShort) {
  EXPECT_EQ(duration_words(seconds(-1)), "0 s");
  EXPECT_EQ(duration_words(seconds(59)), "59 s");
  EXPECT_EQ(duration_words(minutes(59) + seconds(59)), "59 min");
  EXPECT_EQ(duration_words(hours(3)), "3 h");
  EXPECT_EQ(duration_words(hours(23) + minutes(59)), "23 h 59 min");
  EXPECT_EQ(duration_words(hours(52)), "2 d 4 h");
}

}  // namespace
}  // namespace idpd::service
