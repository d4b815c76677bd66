// What the daemon tells the service manager, and how often it has to show that its loop turns. Outside of
// systemd (no NOTIFY_SOCKET) all of it does nothing, so nobody has to ask. Owned by `run`; nothing blocks,
// and nothing fails: a manager that cannot be reached would be no reason to stop. The environment is left as
// it is.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace idpd::service {

class Supervisor {
 public:
  // The start, or a reload, is done: units that wait for this one go on.
  void ready();
  // The settings are being read again; `ready` ends that, whether the new ones are good or not.
  void reloading();
  void stopping();
  // What `systemctl status` shows: one line, without secrets. Control characters are made printable.
  // The same again is not sent.
  void status(std::string_view line);
  // A sign of life. Send it from the loop that must not hang, never from anywhere else.
  void watchdog();
  // How often to send it: half of what the manager waits before it kills. Nothing when it does not watch us.
  std::optional<std::chrono::microseconds> watchdog_interval() const;

 private:
  std::string status_;
};

}  // namespace idpd::service
