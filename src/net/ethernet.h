// Ethernet II frames, untagged: what the inside links carry. A VLAN tag is just an ether type
// nobody asked for.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "net/mac_address.h"

namespace sallyport::net {

enum class EtherType : std::uint16_t { kIpv4 = 0x0800, kArp = 0x0806, kIpv6 = 0x86dd };

struct EthernetHeader {
  static constexpr std::size_t kSize = 14;

  MacAddress destination;
  MacAddress source;
  // Any value is possible; below 0x0600 it is an IEEE 802.3 length.
  EtherType type{};

  // Into the first 14 bytes.
  void write(base::MutableBytes frame) const;
};

struct EthernetFrame {
  EthernetHeader header;
  // Borrowed from the frame; may be followed by padding.
  base::MutableBytes payload;
};

// Empty for less than a header.
std::optional<EthernetFrame> parse_ethernet(base::MutableBytes frame);

}  // namespace sallyport::net
