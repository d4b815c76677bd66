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
#include "service/alarm.h"

namespace idpd::service {

using MakeTransport = std::function<std::unique_ptr<http::Transport>(asio::io_context&, http::CurlOptions)>;

http::CurlOptions etcd_transport_options(const config::Cluster& cluster);
cluster::Etcd::Options etcd_options(const config::Cluster& cluster,
                                    secrets::Resolver::Environment environment);
cluster::Identity identity_of(const config::Settings& settings, std::string purpose);

std::unique_ptr<cluster::Member> make_member(asio::io_context& io, const config::Settings& settings,
                                             const MakeTransport& make_transport,
                                             secrets::Resolver::Environment environment);

// Asks the API now and then whether it answers again, while this host does not reach it and so, perhaps, has
// nothing left that would find out. Without a token: any answer will do. Owned by a generation; `run` ends
// after `stop` and the request in hand.
class ReachProbe {
 public:
  // `transport` tells the member what it comes to.
  ReachProbe(Alarms& alarms, http::Transport& transport, cluster::Member& member,
             const config::Settings& settings);

  asio::awaitable<void> run();
  void stop();

 private:
  Alarms& alarms_;
  http::Transport& transport_;
  cluster::Member& member_;
  std::string url_;
  std::chrono::nanoseconds every_;
  std::unique_ptr<Alarm> alarm_;
  bool stopping_ = false;
};

}  // namespace idpd::service
