// The accept-list for pushed options: what a server may set, and what it may say to no effect
// (docs/protocol.md, "Pushed options"). Whatever is not here is not for a server to say.
#pragma once

#include <span>
#include <string_view>

namespace sallyport::openvpn {

enum class PushEffect {
  kTunnel,  // a handler of tunnel_draft.h reads it
  kCipher,
  kKeyDerivation,
  kProtocolFlags,
  kPeerId,
  kToken,
  kTokenUser,
  kNone,
};

struct PushRule {
  std::string_view name;
  PushEffect effect;
  bool left_out_by_route_nopull = false;
  std::string_view reason = {};  // for kNone; empty: that of the option table
};

// Null for what is not on the list.
const PushRule* find_push_rule(std::string_view name);

std::span<const PushRule> push_rules();

}  // namespace sallyport::openvpn
