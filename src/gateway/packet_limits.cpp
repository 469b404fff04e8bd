#include "gateway/packet_limits.h"

#include <algorithm>

namespace sallyport::gateway {
namespace {

constexpr std::size_t kLeastV4 = 576;
constexpr std::size_t kLeastV6 = 1280;

}  // namespace

PacketLimits packet_limits(const openvpn::TunnelOptions& options, const openvpn::OuterPath& path,
                           const openvpn::SealRoom& room, std::optional<std::size_t> path_mtu) {
  PacketLimits limits{options.tun_mtu, options.tun_mtu, tcp_packet_limit(options, path, room)};
  if (!path_mtu || path.transport != openvpn::Transport::kUdp) return limits;
  const std::size_t headers = outer_headers(path);
  const std::size_t datagram = *path_mtu > headers ? *path_mtu - headers : 0;
  // Pieces that fit already may belong to a packet of any size.
  if (options.fragment != 0 && options.fragment <= datagram) return limits;
  const std::size_t packet = room.largest_packet(datagram);
  const auto lower = [packet](std::uint16_t limit, std::size_t least) {
    return static_cast<std::uint16_t>(std::min<std::size_t>(limit, std::max(packet, least)));
  };
  limits.v4 = lower(limits.v4, kLeastV4);
  limits.v6 = lower(limits.v6, kLeastV6);
  limits.tcp = lower(limits.tcp, kLeastV4);
  return limits;
}

}  // namespace sallyport::gateway
