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
  bool takes_stub_v2 = false;       // IV_COMP_STUBv2
  bool has_compression = false;     // in its profile; by its options string
  std::string version;              // IV_VER, printable

  bool can(ProtocolAbility ability) const {
    return (protocol & static_cast<std::uint32_t>(ability)) != 0;
  }
  // `options`: the client's options string.
  static ClientAbilities parse(std::string_view peer_info, std::string_view options);
};

// The first of ours that the client has too. Empty: no common one.
std::optional<DataCipher> negotiate_cipher(const std::vector<DataCipher>& ours,
                                           std::optional<DataCipher> fallback,
                                           const ClientAbilities& client);

// What is switched on for a client that can do it.
ProtocolFlags flags_for(const ClientAbilities& client);

// `compress migrate`: the framing with which a client goes without compression. It is told so where
// that is not kNone, by migration_push().
CompressionFraming migrated_framing(const ClientAbilities& client);
std::string_view migration_push(CompressionFraming framing);

}  // namespace sallyport::openvpn
