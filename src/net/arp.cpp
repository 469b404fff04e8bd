#include "net/arp.h"

#include "base/endian.h"

namespace sallyport::net {
namespace {

using base::load_u16;
using base::store_u16;

constexpr std::size_t kArpSize = kArpFrameSize - EthernetHeader::kSize;
constexpr std::uint16_t kEthernet = 1;
constexpr std::uint16_t kRequest = 1;
constexpr std::uint16_t kReply = 2;
// The two address sizes, 6 and 4, as one field.
constexpr std::uint16_t kSizes = 0x0604;

}  // namespace

std::expected<ArpRequest, ArpError> parse_arp_request(const EthernetFrame& frame) {
  if (frame.payload.size() < kArpSize) return std::unexpected(ArpError::kTruncated);
  const base::Bytes arp = frame.payload.first(kArpSize);
  if (load_u16(arp, 0) != kEthernet ||
      load_u16(arp, 2) != static_cast<std::uint16_t>(EtherType::kIpv4) ||
      load_u16(arp, 4) != kSizes) {
    return std::unexpected(ArpError::kFormat);
  }
  if (load_u16(arp, 6) != kRequest) return std::unexpected(ArpError::kNotRequest);
  const ArpRequest request{.sender_mac = MacAddress::load(arp, 8),
                           .sender = load_ipv4(arp, 14),
                           .target = load_ipv4(arp, 24)};
  if (request.sender_mac != frame.header.source || request.sender_mac.is_group()) {
    return std::unexpected(ArpError::kSender);
  }
  return request;
}

base::MutableBytes write_arp_reply(const ArpRequest& request, const MacAddress& mac,
                                   base::MutableBytes out) {
  const base::MutableBytes frame = out.first(kArpFrameSize);
  EthernetHeader{.destination = request.sender_mac, .source = mac, .type = EtherType::kArp}.write(
      frame);
  const base::MutableBytes arp = frame.subspan(EthernetHeader::kSize);
  store_u16(arp, 0, kEthernet);
  store_u16(arp, 2, static_cast<std::uint16_t>(EtherType::kIpv4));
  store_u16(arp, 4, kSizes);
  store_u16(arp, 6, kReply);
  mac.store(arp, 8);
  store_address(arp, 14, request.target);
  request.sender_mac.store(arp, 18);
  store_address(arp, 24, request.sender);
  return frame;
}

}  // namespace sallyport::net
