#include "service/sources.h"

namespace idpd::service {

namespace {
class Polling final : public Source {
 public:
  Polling(Alarms& alarms, std::string path)
      : alarms_(alarms), path_(std::move(path)), alarm_(alarms.make()) {}
  asio::awaitable<base::Result<Snapshot>> read() override {
    auto files = config::read_files({path_});
    if (!files) co_return files.error();
    Snapshot out;
    out.files = *std::move(files);
    co_return out;
  }
  asio::awaitable<void> run(std::function<void()> changed) override {
    std::string before;
    while (!stopped_) {
      auto files = config::read_files({path_});
      std::string now;
      if (files)
        for (auto& f : *files) now += f.path + f.text;
      if (now != before && !before.empty()) changed();
      before = now;
      co_await alarm_->wait_until(alarms_.clock().monotonic() + std::chrono::milliseconds(100));
    }
  }
  void look() override {}
  void stop() override {
    stopped_ = true;
    alarm_->ring();
  }
  std::string title() const override { return "folder " + path_; }

 private:
  Alarms& alarms_;
  std::string path_;
  std::unique_ptr<Alarm> alarm_;
  bool stopped_ = false;
};
}  // namespace

std::unique_ptr<Source> make_source(asio::io_context&, Alarms& alarms, base::Random&,
                                    const config::Settings& settings, const secrets::Resolver&) {
  return std::make_unique<Polling>(alarms, settings.desired_path);
}

}  // namespace idpd::service
