// The files of a folder, or one file, on this machine. Changes are told when they have been quiet for a
// moment, and read only then, since a half-written file can be valid. Made and used on the loop; `stop` ends
// `run`, and a `read` ends by itself within seconds.
#pragma once

#include <optional>

#include "service/alarm.h"
#include "service/directory_watch.h"
#include "service/source.h"

namespace idpd::service {

struct Pace {
  std::chrono::milliseconds quiet{200};    // how long nothing must happen
  std::chrono::milliseconds most{2'000};   // after the first change it is told all the same
  std::chrono::milliseconds poll{10'000};  // where the system does not tell
};

class DirectorySource final : public Source {
 public:
  DirectorySource(asio::io_context& io, Alarms& alarms, std::string path, Pace pace = {});

  asio::awaitable<base::Result<Snapshot>> read() override;
  asio::awaitable<void> run(std::function<void()> changed) override;
  void look() override;
  void stop() override;
  std::string title() const override;

 private:
  void start_listening();
  asio::awaitable<void> listen();
  asio::awaitable<bool> something_new();
  void arm();
  bool poll();
  Instant due() const;
  Instant wake() const;
  std::optional<model::Revision> revision(const std::vector<config::SourceFile>& files);

  asio::io_context& io_;
  Alarms& alarms_;
  std::string path_;
  Pace pace_;
  DirectoryWatch watch_;
  std::unique_ptr<Alarm> alarm_;
  std::optional<Instant> first_;  // of the changes that are not told yet
  Instant last_{};
  std::optional<Instant> poll_at_;  // set where the system does not tell
  std::string stamp_;               // when last polled
  std::string git_problem_;         // said once
  bool listening_ = false;
  bool look_ = false;
  bool stopped_ = false;
};

// The files' names, sizes and times: as long as it stays the same, nobody writes.
std::string stamp(const std::string& path);
// The commit that files (just read from these paths) belong to, and whether they differ from it; nothing
// where they lie in no work tree. Blocks on the disk. Error: a repository that cannot be read.
base::Result<std::optional<model::Revision>> files_revision(const std::vector<std::string>& paths,
                                                            const std::vector<config::SourceFile>& files);

}  // namespace idpd::service
