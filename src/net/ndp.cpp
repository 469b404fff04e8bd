#include "net/ndp.h"

#include <algorithm>

#include "base/endian.h"
#include "net/ip_builder.h"
#include "net/transport_checksum.h"

namespace sallyport::net {
namespace {

constexpr std::uint8_t kSolicitation = 135;
constexpr std::uint8_t kAdvertisement = 136;
constexpr std::uint8_t kSourceLinkLayer = 1;
constexpr std::uint8_t kTargetLinkLayer = 2;
// Up to and with the target address.
constexpr std::size_t kMessageSize = 24;

constexpr IpAddress kAllNodes = IpAddress::v6({0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

// ff02::1:ff00:0/104 with the last three bytes of the target (RFC 4291 2.7.1).
bool is_solicited_node(const IpAddress& group, const IpAddress& target) {
  auto expected = target.bytes();
  std::ranges::copy(std::array<std::uint8_t, 13>{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff},
                    expected.begin());
  return group.bytes() == expected;
}

// Walks the options for the sender's link-layer address. Empty for options that do not add up.
struct Options {
  std::optional<MacAddress> source_mac;
};
std::optional<Options> parse_options(base::Bytes rest) {
  Options options;
  while (!rest.empty()) {
    if (rest.size() < 8) return std::nullopt;
    const std::size_t size = rest[1] * std::size_t{8};
    if (size == 0 || size > rest.size()) return std::nullopt;
    if (rest[0] == kSourceLinkLayer) options.source_mac = MacAddress::load(rest, 2);
    rest = rest.subspan(size);
  }
  return options;
}

}  // namespace

std::expected<NeighbourSolicitation, NdpError> parse_neighbour_solicitation(
    const Packet& packet, const MacAddress& frame_source) {
  if (!packet.is(IpProtocol::kIcmp6) || packet.is_fragment() || packet.icmp.type != kSolicitation) {
    return std::unexpected(NdpError::kNotSolicitation);
  }
  if (packet.ttl != 255) return std::unexpected(NdpError::kHopLimit);
  const base::Bytes message = packet.bytes.subspan(packet.transport_at);
  if (packet.icmp.code != 0 || message.size() < kMessageSize) {
    return std::unexpected(NdpError::kFormat);
  }
  if (!transport_checksum_is_correct(packet)) return std::unexpected(NdpError::kChecksum);
  const NeighbourSolicitation solicitation{
      .sender_mac = frame_source, .sender = packet.source, .target = load_ipv6(message, 8)};
  if (is_multicast(solicitation.target) || solicitation.target.is_v4()) {
    return std::unexpected(NdpError::kTarget);
  }
  const auto options = parse_options(message.subspan(kMessageSize));
  if (!options) return std::unexpected(NdpError::kFormat);
  if (is_unspecified(packet.source)) {
    if (options->source_mac) return std::unexpected(NdpError::kSender);
    if (!is_solicited_node(packet.destination, solicitation.target))
      return std::unexpected(NdpError::kGroup);
  } else if (options->source_mac.value_or(frame_source) != frame_source) {
    return std::unexpected(NdpError::kSender);
  }
  return solicitation;
}

base::MutableBytes write_neighbour_advertisement(const NeighbourSolicitation& solicitation,
                                                 const MacAddress& mac, base::MutableBytes out) {
  const base::MutableBytes frame = out.first(kNeighbourAdvertisementFrameSize);
  EthernetHeader{.destination = solicitation.sender_mac, .source = mac, .type = EtherType::kIpv6}
      .write(frame);
  const base::MutableBytes packet = frame.subspan(EthernetHeader::kSize);
  // RFC 4861 7.2.4: who has no address yet is answered at all nodes, unsolicited.
  const bool probe = is_unspecified(solicitation.sender);
  const IpHeader header{.source = solicitation.target,
                        .destination = probe ? kAllNodes : solicitation.sender,
                        .protocol = IpProtocol::kIcmp6,
                        .ttl = 255};
  header.write(packet);
  const base::MutableBytes message = packet.subspan(header.size());
  constexpr std::uint32_t kRouter = 0x8000'0000;
  constexpr std::uint32_t kSolicited = 0x4000'0000;
  constexpr std::uint32_t kOverride = 0x2000'0000;
  base::store_u32(message, 0, std::uint32_t{kAdvertisement} << 24);
  base::store_u32(message, 4, kRouter | kOverride | (probe ? 0 : kSolicited));
  store_address(message, 8, solicitation.target);
  message[kMessageSize] = kTargetLinkLayer;
  message[kMessageSize + 1] = 1;
  mac.store(message, kMessageSize + 2);
  base::store_u16(message, 2, header.transport_checksum(message));
  return frame;
}

}  // namespace sallyport::net
