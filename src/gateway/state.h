// The states of the gateway and what each lets through (docs/security.md, "States and what may
// flow"). One table, made here, asked by the router for every packet; there is no second place
// that decides.
#pragma once

#include <string_view>

namespace sallyport::gateway {

enum class State {
  kBlocked,       // nothing to connect to: no usable profile, refused login, halted, stopped
  kResolving,     // looking up the server's name
  kConnecting,    // negotiating with the server
  kConnected,     // the tunnel is up
  kReconnecting,  // the tunnel was up and is being made again
};

// What clients' packets may do. The zero value of each is "no".
struct Policy {
  bool seal_inside_packets = false;  // clients' packets may be sealed into the tunnel
  bool deliver_to_clients = false;   // the tunnel's packets may reach clients
  bool look_up_server = false;       // the server's name may be asked for on the uplink
};

Policy policy_for(State state);

// The word of `status`: "blocked", "resolving", "connecting", "connected", "reconnecting".
std::string_view name_of(State state);

}  // namespace sallyport::gateway
