#include "service/sources.h"

#include "service/directory_source.h"
#include "service/git_source.h"

namespace idpd::service {

std::unique_ptr<Source> make_source(asio::io_context& io, Alarms& alarms, const config::Settings& settings,
                                    const secrets::Resolver& own) {
  if (settings.git) return std::make_unique<GitSource>(io, alarms, *settings.git, settings.state_path, own);
  return std::make_unique<DirectorySource>(io, alarms, settings.desired_path);
}

std::unique_ptr<Source> make_folder_source(asio::io_context& io, Alarms& alarms, const std::string& path) {
  return std::make_unique<DirectorySource>(io, alarms, path);
}

}  // namespace idpd::service
