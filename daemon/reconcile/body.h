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
model::Record written_record(const model::Type& type, const model::DesiredProvider& desired,
                             const model::LiveProvider& read_back, const model::LiveProvider* unwritten,
                             const model::Record* before, const SecretValues& secrets);

// Where the answer to the write held what was sent and the read back holds something new, somebody else was
// at it in between: that is drift, and no form in which the server keeps the value.
void observe_answer(model::Record& record, const model::LiveProvider& answer,
                    const model::LiveProvider* unwritten);
// A create without an answer: what was found may be somebody else's of the same type and name, so that what
// differs from what was sent is no form in which the server keeps it, and the next pass sets it right.
void observe_sent(model::Record& record);

// True when the body turns SCIM on: its answer brings the SCIM secret, once.
bool enables_scim(const model::DesiredProvider& desired, const model::LiveProvider* live);

}  // namespace idpd::reconcile
