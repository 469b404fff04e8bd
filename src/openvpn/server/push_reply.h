// What a server pushes to a client, as text messages (docs/protocol.md, "Pushed options").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "openvpn/server/address_pool.h"
#include "openvpn/server/client_abilities.h"

namespace sallyport::openvpn {

// 2.x reads no more of one message.
inline constexpr std::size_t kMaxPushMessage = 1024;

struct PushFacts {
  const ServerConfig& config;
  const ClientConfig* client = nullptr;
  const ClientAbilities& abilities;
  ClientAddresses addresses;
  // What was agreed: cipher, flags, peer id, framing.
  const TunnelOptions& agreed;
  std::string_view token;     // none when empty
  std::string_view username;  // to use with it, where the client's own is none
};
std::vector<std::string> push_options(const PushFacts& facts);

// As PUSH_REPLY messages: one, or several with push-continuation. An option that does not fit into
// a message of its own is left out.
std::vector<std::string> push_messages(const std::vector<std::string>& options);

}  // namespace sallyport::openvpn
