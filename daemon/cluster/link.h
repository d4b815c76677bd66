// A session with all that it stands on: its own way to etcd and the client for it. Owned by whoever uses the
// session, which outlives its coroutines.
#pragma once

#include <memory>
#include <utility>

#include "cluster/session.h"
#include "http/transport.h"

namespace idpd::cluster {

struct Link {
  Link(std::unique_ptr<http::Transport> its, Etcd::Options options, Identity identity,
       Session::Now now = base::BootClock::now)
      : transport(std::move(its)),
        etcd(*transport, std::move(options)),
        session(etcd, std::move(identity), std::move(now)) {}

  std::unique_ptr<http::Transport> transport;
  Etcd etcd;
  Session session;
};

}  // namespace idpd::cluster
