// What a client says that it can do, in its peer information (docs/protocol.md, "Peer
// information"). Not to be trusted: it only decides what the client itself is offered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "openvpn/push/tunnel_options.h"
#include "openvpn/session/peer_info.h"

namespace sallyport::openvpn {

struct ClientAbilities {
  std::uint32_t protocol = 0;       // IV_PROTO
  std::vector<DataCipher> ciphers;  // IV_CIPHERS, or what IV_NCP=2 stands for
  bool lists_ciphers = false;       // IV_CIPHERS, whatever is in it
  bool takes_mtu = false;           // IV_MTU
  std::string version;              // IV_VER, printable

  bool can(ProtocolAbility ability) const {
    return (protocol & static_cast<std::uint32_t>(ability)) != 0;
  }
  // `options`: the client's options string, for those that say nothing of ciphers.
  static ClientAbilities parse(std::string_view peer_info, std::string_view options);
};

// The first of ours that the client has too. Empty: no common one.
std::optional<DataCipher> negotiate_cipher(const std::vector<DataCipher>& ours,
                                           std::optional<DataCipher> fallback,
                                           const ClientAbilities& client);

// What is switched on for a client that can do it.
ProtocolFlags flags_for(const ClientAbilities& client);

}  // namespace sallyport::openvpn
