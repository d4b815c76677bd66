#include "service/clustering.h"

#include <algorithm>

namespace idpd::service {

namespace {

constexpr int probes_a_lease = 6;
constexpr std::chrono::nanoseconds longest_probe = std::chrono::seconds(3);

}  // namespace

// All members are tried well within a lease.
http::CurlOptions etcd_transport_options(const config::Cluster& cluster) {
  const auto each = std::clamp<std::chrono::milliseconds>(cluster.lease / 8, std::chrono::milliseconds(500),
                                                          std::chrono::seconds(5));
  return {.ca_file = cluster.ca_file,
          .connect_timeout = each,
          .total_timeout = each,
          .address_from = "cluster.etcd",
          .ca_from = "cluster.ca_file"};
}

cluster::Etcd::Options etcd_options(const config::Cluster& cluster,
                                    secrets::Resolver::Environment environment) {
  return {.endpoints = cluster.etcd,
          .user = cluster.user,
          .password = [reference = cluster.password,
                       environment = std::move(environment)]() -> base::Result<std::string> {
            const secrets::Resolver own(environment, {.settings = true});
            const auto password = own.resolve(reference);
            if (!password) return password.error();
            return std::string(password->reveal());
          }};
}

cluster::Identity identity_of(const config::Settings& settings, std::string purpose) {
  const config::Cluster& cluster = *settings.cluster;
  return {.prefix = cluster.prefix,
          .host = cluster.host,
          .purpose = std::move(purpose),
          .lease = std::chrono::ceil<std::chrono::seconds>(cluster.lease),
          .shards = cluster.shards,
          .state_directory = settings.state_path};
}

std::unique_ptr<cluster::Member> make_member(asio::io_context& io, const config::Settings& settings,
                                             const MakeTransport& make_transport,
                                             secrets::Resolver::Environment environment) {
  return std::make_unique<cluster::Member>(io, make_transport(io, etcd_transport_options(*settings.cluster)),
                                           etcd_options(*settings.cluster, std::move(environment)),
                                           identity_of(settings, "idpd run"));
}

ReachProbe::ReachProbe(Alarms& alarms, http::Transport& transport, cluster::Member& member,
                       const config::Settings& settings)
    : alarms_(alarms),
      transport_(transport),
      member_(member),
      url_(settings.api.base_url + "/ips"),
      every_(std::chrono::nanoseconds(settings.cluster->lease) / probes_a_lease),
      alarm_(alarms.make()) {}

asio::awaitable<void> ReachProbe::run() {
  while (!stopping_) {
    co_await alarm_->wait_until(alarms_.clock().monotonic() + every_);
    if (stopping_ || !member_.out_of_reach()) continue;
    http::Request request;
    request.url = url_;
    request.deadline = base::BootClock::now() + std::min(every_, longest_probe);  // a stop waits for it
    (void)co_await transport_.send(std::move(request));
  }
}

void ReachProbe::stop() {
  stopping_ = true;
  alarm_->ring();
}

}  // namespace idpd::service
