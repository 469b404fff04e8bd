// `--downstream SPEC`: where clients come from.
//   netback
//   vchan:DOMID,ip=ADDR[,ip6=ADDR]
//   tap:NAME,ip=ADDR[,ip6=ADDR][,mac=MAC]
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/inside_client.h"

namespace sallyport::daemon {

// One client behind a TAP device that the gateway makes.
struct TapSpec {
  std::string device;
  gateway::ClientSetup client;
};

// Every vif that dom0 attaches to this VM, a client each.
struct NetbackSpec {};

// One client in a domain without a network device of ours.
struct VchanSpec {
  std::uint16_t domain = 0;
  gateway::ClientSetup client;
};

using DownstreamSpec = std::variant<TapSpec, NetbackSpec, VchanSpec>;

// The error says what is wrong with the text, without repeating it.
std::expected<DownstreamSpec, std::string> parse_downstream(std::string_view text);

}  // namespace sallyport::daemon
