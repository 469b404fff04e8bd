// How a socket towards the uplink is made: non-blocking, tied to the uplink's interface, connected
// to one endpoint, so that the kernel lets nothing else in or out through it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "io/endpoint.h"
#include "io/error.h"
#include "io/unique_fd.h"

namespace sallyport::io {

struct UplinkSocketOptions {
  std::string interface;  // SO_BINDTODEVICE; empty: whichever the routes say
  std::optional<std::uint16_t> local_port;
};

// `type` is SOCK_DGRAM or SOCK_STREAM; a stream socket is still connecting when this returns.
Result<UniqueFd> connect_uplink_socket(int type, const Endpoint& endpoint,
                                       const UplinkSocketOptions& options);

// Where a connected socket's packets come from.
Result<base::IpAddress> local_address(const UniqueFd& socket);

}  // namespace sallyport::io
