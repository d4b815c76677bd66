// What can be told from a request's path: how it is shown, which permission it needs. Paths are those below
// the base URL, with or without a query. Pure.
#pragma once

#include <string>
#include <string_view>

#include "http/transport.h"

namespace idpd::cloudflare {

// An id as one segment of a path or one value of a query, whatever it holds.
std::string path_segment(std::string_view id);

// `GET /accounts/…/access/apps`: no query, and no account id, which would only repeat itself.
std::string where_of(http::Method method, std::string_view path);

// The API token permission that the request needs, by the name that the dashboard shows.
std::string_view permission_for(http::Method method, std::string_view path);

}  // namespace idpd::cloudflare
