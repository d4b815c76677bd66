#include "service/supervisor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

namespace idpd::service {
namespace {

// A manager that listens: a datagram socket, named in the environment as systemd does.
class Manager {
 public:
  Manager() : path_(std::filesystem::temp_directory_path() / ("idpd-notify-" + std::to_string(getpid()))) {
    std::filesystem::remove(path_);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{5, 0};
    EXPECT_EQ(setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;
  ~Manager() {
    unsetenv("NOTIFY_SOCKET");
    close(socket_);
    std::filesystem::remove(path_);
  }

  std::string heard() {
    char buffer[4096];
    const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
    return size < 0 ? "nothing" : std::string(buffer, static_cast<std::size_t>(size));
  }
  bool heard_nothing_more() {
    char byte = 0;
    return recv(socket_, &byte, 1, MSG_DONTWAIT) < 0;
  }

 private:
  std::filesystem::path path_;
  int socket_ = -1;
};

TEST(Supervisor, TellsTheManagerWhatTheDaemonDoes) {
  Manager manager;
  Supervisor supervisor;
  supervisor.ready();
  EXPECT_EQ(manager.heard(), "READY=1");
  supervisor.status("2 accounts in sync");
  EXPECT_EQ(manager.heard(), "STATUS=2 accounts in sync");
  supervisor.watchdog();
  EXPECT_EQ(manager.heard(), "WATCHDOG=1");
  supervisor.stopping();
  EXPECT_EQ(manager.heard(), "STOPPING=1");
}

TEST(Supervisor, SaysWhenAReloadBeganAndWhenItIsDone) {
  Manager manager;
  Supervisor supervisor;
  timespec before{};
  ASSERT_EQ(clock_gettime(CLOCK_MONOTONIC, &before), 0);
  supervisor.reloading();
  const std::string heard = manager.heard();
  const std::string begin = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_EQ(heard.substr(0, begin.size()), begin);
  const long long at = std::stoll(heard.substr(begin.size()));
  EXPECT_GE(at, before.tv_sec * 1'000'000LL + before.tv_nsec / 1000);
  EXPECT_LT(at, (before.tv_sec + 60) * 1'000'000LL);
  supervisor.ready();
  EXPECT_EQ(manager.heard(), "READY=1");
}

TEST(Supervisor, AStatusIsOneLineWhateverItsTextHolds) {
  Manager manager;
  Supervisor supervisor;
  supervisor.status("failed: bad\nREADY=1");
  EXPECT_EQ(manager.heard(), "STATUS=failed: bad\\x0aREADY=1");
  EXPECT_TRUE(manager.heard_nothing_more());
}

TEST(Supervisor, DoesNothingWithoutAManager) {
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  Supervisor supervisor;
  supervisor.ready();
  supervisor.reloading();
  supervisor.status("idle");
  supervisor.watchdog();
  supervisor.stopping();
  EXPECT_EQ(supervisor.watchdog_interval(), std::nullopt);
}

TEST(Supervisor, ShowsLifeTwiceAsOftenAsTheManagerAsksFor) {
  const Supervisor supervisor;
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(supervisor.watchdog_interval(), std::chrono::seconds(15));
  EXPECT_EQ(supervisor.watchdog_interval(), std::chrono::seconds(15));  // a reload asks again
  setenv("WATCHDOG_PID", "1", 1);  // meant for another process, which started this one
  EXPECT_EQ(supervisor.watchdog_interval(), std::nullopt);
  unsetenv("WATCHDOG_PID");
  unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace idpd::service
