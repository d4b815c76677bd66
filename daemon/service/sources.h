// Which source the settings ask for.
#pragma once

#include <memory>

#include "config/settings.h"
#include "secrets/resolver.h"
#include "service/alarm.h"
#include "service/source.h"

namespace idpd::service {

std::unique_ptr<Source> make_source(asio::io_context& io, Alarms& alarms, base::Random& random,
                                    const config::Settings& settings, const secrets::Resolver& own);

}  // namespace idpd::service
