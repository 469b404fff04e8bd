// ARP for IPv4 over Ethernet (RFC 826): requests in, replies out. What others announce is never
// learned.
#pragma once

#include <expected>

#include "base/bytes.h"
#include "net/address.h"
#include "net/ethernet.h"
#include "net/mac_address.h"

namespace sallyport::net {

enum class ArpError : std::uint8_t {
  kTruncated,
  kFormat,      // not IPv4 over Ethernet
  kNotRequest,  // a reply, or an operation of another kind
  kSender,      // no single station, or not the one the frame says it came from
  kCount,
};

struct ArpRequest {
  MacAddress sender_mac;
  // 0.0.0.0 in a probe (RFC 5227 1.1), equal to the target in an announcement.
  IpAddress sender;
  IpAddress target;
};

inline constexpr std::size_t kArpFrameSize = 42;

// `frame` is of type kArp. A sender's hardware address other than the frame's source is refused:
// spoofing.
std::expected<ArpRequest, ArpError> parse_arp_request(const EthernetFrame& frame);

// The whole frame that tells the asker that `target` is at `mac`. Needs kArpFrameSize bytes, and
// returns the part of `out` it filled.
base::MutableBytes write_arp_reply(const ArpRequest& request, const MacAddress& mac,
                                   base::MutableBytes out);

}  // namespace sallyport::net
