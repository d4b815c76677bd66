// systemd's journal as the log's other end: entries with fields of their own, which `journalctl IDPD_KEY=…`
// finds. Used by base/log alone, and only when stderr is the journal; no state, nothing to own, never blocks
// for long. What cannot be sent is lost, as a line to a broken stderr would be.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace idpd::base {

// Further fields of an entry. Names are upper-case letters, digits and underscores: IDPD_ACCOUNT, IDPD_KEY,
// IDPD_INCIDENT. Never a secret.
using Fields = std::vector<std::pair<std::string_view, std::string>>;

// Whether stderr goes to the journal: $JOURNAL_STREAM names its device and inode. It does not when a user
// redirects it, and the variable is inherited.
bool stderr_is_the_journal();

// `priority` as syslog counts, 7 (debug) to 3 (error).
void send_to_journal(int priority, std::string_view message, const Fields& fields);

}  // namespace idpd::base
