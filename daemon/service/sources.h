// Which source the settings ask for. `own` resolves the settings' own references and outlives the source.
#pragma once

#include <memory>

#include "config/settings.h"
#include "secrets/resolver.h"
#include "service/alarm.h"
#include "service/source.h"

namespace idpd::service {

std::unique_ptr<Source> make_source(asio::io_context& io, Alarms& alarms, const config::Settings& settings,
                                    const secrets::Resolver& own);

std::unique_ptr<Source> make_folder_source(asio::io_context& io, Alarms& alarms, const std::string& path);

}  // namespace idpd::service
