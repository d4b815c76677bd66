// Everything that the commands need from outside, built in main and passed by reference, so that nothing is
// global and a test can stand in for any of it. Outlives every command.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "check/catalog.h"
#include "http/curl_transport.h"
#include "model/type_catalog.h"

namespace idpd::cli {

struct World {
  const model::TypeCatalog& catalog;
  const check::Catalog& checks;
  base::Clock& clock;
  base::Random& random;
  std::function<std::optional<std::string>(const std::string&)> environment;
  std::function<std::unique_ptr<http::Transport>(asio::io_context&, http::CurlOptions)> make_transport;
  std::istream& in;
  std::ostream& out;  // results
  std::ostream& err;  // everything else
  bool in_is_terminal = false;
  bool out_is_terminal = false;
};

}  // namespace idpd::cli
