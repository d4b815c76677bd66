// A message as Slack's incoming webhooks take it (and what understands the same). Pure. Names and values come
// from whoever may write to the account: they are escaped, mention nobody, link nowhere and fit the limits.
#pragma once

#include <string>
#include <string_view>

#include "model/incident.h"
#include "service/message.h"

namespace idpd::service {

std::string slack_body(const model::Incident& incident, Event event);

// Text from outside: &, < and > as entities, no @ at a word's beginning that another Slack-like could take
// for a mention; at most so many bytes, cut between characters and before an entity.
std::string slack_text(std::string_view text, std::size_t most);

}  // namespace idpd::service
