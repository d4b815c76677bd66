// What is sent, and what is remembered of it. A PUT replaces the whole object, so its body is the live
// object's writable part, known fields or not, with ours laid over it and the real secrets (design rule 5).
// Pure but for the secrets, which it puts in; the caller's request wipes them.
#pragma once

#include <string>

#include "model/desired.h"
#include "model/live.h"
#include "model/record.h"
#include "reconcile/secret_values.h"

namespace idpd::reconcile {

// The JSON text of a PUT (live given) or POST (null).
std::string request_body(const model::Type& type, const model::DesiredProvider& desired,
                         const model::LiveProvider* live, const model::Record* record,
                         const SecretValues& secrets);

// The record after a pass in which nothing was sent: what the files say and what lives, with the secrets'
// fingerprints as they were.
model::Record kept_record(const model::Type& type, const model::DesiredProvider& desired,
                          const model::LiveProvider& live, const model::Record* before);

// The record after a write: what was sent and what was read back. `unwritten` is the live object before it
// (null for a create): a field that differs from what was sent and is still as it was has not stuck.
// `answered` is what the answer to the write showed (null without one): where that was as sent and the object
// is not, somebody was faster than our look, and what they did is drift.
model::Record written_record(const model::Type& type, const model::DesiredProvider& desired,
                             const model::LiveProvider& read_back, const model::LiveProvider* unwritten,
                             const model::Record* before, const SecretValues& secrets,
                             const model::LiveProvider* answered = nullptr);

// True when the body turns SCIM on: its answer brings the SCIM secret, once.
bool enables_scim(const model::DesiredProvider& desired, const model::LiveProvider* live);

}  // namespace idpd::reconcile
