// A UDP datagram that the gateway itself sends.
#pragma once

#include "base/bytes.h"
#include "net/ip_builder.h"
#include "net/nat/flow.h"

namespace sallyport::net {

constexpr std::size_t udp_packet_size(bool v4, std::size_t payload) {
  return ip_header_size(v4) + 8 + payload;
}

// Fills `packet`, of udp_packet_size() bytes and at most 65535. Both ends are of one family.
void write_udp_packet(const Endpoint& source, const Endpoint& destination, base::Bytes payload,
                      base::MutableBytes packet);

}  // namespace sallyport::net
