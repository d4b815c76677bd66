// What the store keeps of passes and incidents is read back as it was; what is damaged is told apart from it.
#include "model/incident.h"

#include <gtest/gtest.h>

#include "model/catalog.h"

namespace idpd::model {
namespace {

using test::json;

Incident incident() {
  Incident out{.number = 7, .kind = Kind::drift, .account = "production"};
  out.fields = {{"config.claims", base::Json::Array{"a"}, nullptr, false},
                {"config.client_secret", {}, {}, true}};
  out.changed_by = Attribution{.actor = "jane@example.com", .at = "2026-05-01T12:00:00Z"};
  out.first_seen = *time_from("2026-05-01T12:00:00Z");
  out.last_seen = *time_from("2026-05-02T12:00:00Z");
  out.ended = out.last_seen;
  out.ending = Ending::healed;
  return out;
}

TEST(Incident, IsReadAsItWasWritten) {
  const auto read = incident_from(to_json(incident()));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, incident());
}

TEST(Pass, OfADamagedStoreCountsNothingBelowNothing) {
  const auto read = pass_from(json(R"({"result": "changes", "began": "2026-05-01T12:00:00Z",
                                       "ended": "2026-05-01T12:00:01Z", "applied": -1, "withheld": -9})"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->applied, 0U);
  EXPECT_EQ(read->withheld, 0U);
}

// Certificates that are valid for ever say so, and their end is shown.
TEST(Time, BeyondTheNanosecondsOfTheClockIsShownAsItIs) {
  for (const char* text : {"9999-12-31T23:59:59Z", "2262-04-12T00:00:00Z", "1600-01-01T00:00:00Z",
                           "0999-01-01T00:00:00Z", "2026-05-01T12:00:00Z"}) {
    const auto read = time_from(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(timestamp(*read), text);
  }
}

TEST(Time, ThatIsNoneIsNotRead) {
  for (const char* text :
       {"", "2026-05-01", "2026-02-30T12:00:00Z", "2026-05-01T24:00:00Z", "2026-05-01T12:60:00Z",
        "2026-05-01T12:00:61Z", "2026-05-01T-1:00:00Z", "-999-05-01T12:00:00Z"})
    EXPECT_FALSE(time_from(text)) << text;
}

}  // namespace
}  // namespace idpd::model
