// `--downstream SPEC`: where clients come from. tap:NAME,ip=ADDR[,ip6=ADDR][,mac=MAC]
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "gateway/inside_client.h"

namespace sallyport::daemon {

// One client behind a TAP device that the gateway makes.
struct TapSpec {
  std::string device;
  gateway::ClientSetup client;
};

std::expected<TapSpec, std::string> parse_downstream(std::string_view text);

}  // namespace sallyport::daemon
