#include "base/journal.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cstdlib>

namespace idpd::base {

bool stderr_is_the_journal() {
  const char* named = std::getenv("JOURNAL_STREAM");
  if (!named) return false;
  struct stat stream{};
  if (fstat(STDERR_FILENO, &stream) != 0) return false;
  return fmt::format("{}:{}", stream.st_dev, stream.st_ino) == named;
}

void send_to_journal(int priority, std::string_view message, const Fields& fields) {
  std::vector<std::string> entry{fmt::format("MESSAGE={}", message), fmt::format("PRIORITY={}", priority),
                                 "SYSLOG_IDENTIFIER=idpd"};
  for (const auto& [name, value] : fields) entry.push_back(fmt::format("{}={}", name, value));
  std::vector<iovec> pieces;
  for (std::string& field : entry) pieces.push_back({field.data(), field.size()});
  (void)sd_journal_sendv(pieces.data(), static_cast<int>(pieces.size()));
}

}  // namespace idpd::base
