#include "gateway/mss_policy.h"

#include <algorithm>

namespace sallyport::gateway {
namespace {

constexpr std::size_t kDefaultMtu = 1500;
// What OpenVPN takes without mssfix, outer headers counted, when tun-mtu is 1500: the MTU of PPPoE.
constexpr std::size_t kDefaultMssfix = 1492;
// An inside packet of the least IPv4 MTU every host must take (RFC 791).
constexpr std::size_t kLeast = 576;

std::size_t wanted_limit(const openvpn::TunnelOptions& options, const openvpn::OuterPath& path,
                         const openvpn::SealRoom& room) {
  // Over TCP each packet stands behind its length.
  const std::size_t length = path.transport == openvpn::Transport::kTcp ? 2 : 0;
  const auto packet_in = [&](std::size_t limit, std::size_t around) {
    return limit > around ? room.largest_packet(limit - around) : 0;
  };
  if (!options.mssfix) {
    if (options.tun_mtu != kDefaultMtu) return options.tun_mtu;
    return packet_in(kDefaultMssfix, outer_headers(path) + length);
  }
  if (*options.mssfix == 0) return options.tun_mtu;
  if (options.mssfix_fixed) return *options.mssfix;
  return packet_in(
      *options.mssfix,
      length + (options.mssfix_counts_outer_headers ? outer_headers(path) : path.relay_header));
}

}  // namespace

std::uint16_t tcp_packet_limit(const openvpn::TunnelOptions& options,
                               const openvpn::OuterPath& path, const openvpn::SealRoom& room) {
  const std::size_t most = std::max<std::size_t>(options.tun_mtu, kLeast);
  return static_cast<std::uint16_t>(std::clamp(wanted_limit(options, path, room), kLeast, most));
}

}  // namespace sallyport::gateway
