#include "service/clustering.h"

#include <algorithm>

namespace idpd::service {

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

}  // namespace idpd::service
