// What the settings say of several hosts, as the objects of cluster/. What they are made of outlives them.
#pragma once

#include <asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cluster/member.h"
#include "config/settings.h"
#include "http/curl_transport.h"
#include "secrets/resolver.h"

namespace idpd::service {

using MakeTransport = std::function<std::unique_ptr<http::Transport>(asio::io_context&, http::CurlOptions)>;

http::CurlOptions etcd_transport_options(const config::Cluster& cluster);
cluster::Etcd::Options etcd_options(const config::Cluster& cluster,
                                    secrets::Resolver::Environment environment);
cluster::Identity identity_of(const config::Settings& settings, std::string purpose);

std::unique_ptr<cluster::Member> make_member(asio::io_context& io, const config::Settings& settings,
                                             const MakeTransport& make_transport,
                                             secrets::Resolver::Environment environment);

}  // namespace idpd::service
