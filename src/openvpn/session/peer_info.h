// What a client tells the server about itself (docs/protocol.md, "Peer information"). It is honest:
// only what we can do is announced, since servers push accordingly.
#pragma once

#include <cstdint>
#include <string>

#include "openvpn/profile/profile.h"

namespace sallyport::openvpn {

// IV_PROTO, a bit for each ability.
enum class ProtocolAbility : std::uint32_t {
  kDataV2 = 1 << 1,
  kRequestPush = 1 << 2,  // the server may push without being asked
  kTlsKeyExport = 1 << 3,
  kAuthPendingKeywords = 1 << 4,
  kExitNotify = 1 << 7,
  kAuthFailTemporary = 1 << 8,
  kDynamicTlsCrypt = 1 << 9,
  kDataEpochs = 1 << 10,
  kDnsOptionV2 = 1 << 11,
  kPushUpdate = 1 << 12,
};
std::uint32_t announced_abilities();

// The largest tun-mtu we let a server push.
inline constexpr std::uint16_t kAnnouncedMtu = 1600;

// Lines of KEY=value. Never a MAC address or a host name, whatever the profile asks for.
std::string peer_info(const Profile& profile);

}  // namespace sallyport::openvpn
