// A picture of the gateway for `status`: values only, made on request.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/counter_set.h"
#include "base/time.h"
#include "gateway/inside_client.h"
#include "gateway/refusal.h"
#include "gateway/state.h"
#include "openvpn/drop_reason.h"

namespace sallyport::gateway {

struct ClientStatus {
  net::ClientId id;
  std::string name;
  std::string v4;
  std::string v6;  // empty: none
  TrafficCounters to_outside;
  TrafficCounters from_outside;
  base::CounterSet<Refusal> refused;
  std::uint64_t flows = 0;
};

struct Status {
  State state = State::kBlocked;
  std::string reason;                 // why it is not connected; empty when it is
  std::string hint;                   // what to do about it; may be empty
  std::vector<std::string> warnings;  // what the tunnel cannot do, while it is up
  std::string login_page;             // where the user is to log in; empty: nowhere
  std::string question;               // what the user is to answer; empty: nothing
  bool question_echo = false;
  base::WallTime since;
  std::string profile;
  std::string remote;  // "vpn.example.net:1194 udp (192.0.2.1)"
  std::string cipher;
  std::string tls;
  std::string tunnel_v4;
  std::string tunnel_v6;
  std::uint16_t mtu = 0;  // of IPv4 in the tunnel, as the path is now
  std::vector<std::string> resolvers;
  std::vector<ClientStatus> clients;
  TrafficCounters to_outside;
  TrafficCounters from_outside;
  base::CounterSet<Refusal> refused;
  base::CounterSet<openvpn::DropReason> dropped_outside;
  std::uint64_t flows = 0;
};

}  // namespace sallyport::gateway
