#include "openvpn/push/push_rules.h"

#include <algorithm>
#include <array>

namespace sallyport::openvpn {
namespace {

constexpr bool kRouting = true;

constexpr std::string_view kAboutTheHost = "a server has nothing to set up in this VM";

constexpr std::array kRules = {
    PushRule{"topology", PushEffect::kTunnel},
    PushRule{"ifconfig", PushEffect::kTunnel},
    PushRule{"ifconfig-ipv6", PushEffect::kTunnel},
    PushRule{"route-gateway", PushEffect::kTunnel},
    PushRule{"route", PushEffect::kTunnel, kRouting},
    PushRule{"route-ipv6", PushEffect::kTunnel, kRouting},
    PushRule{"redirect-gateway", PushEffect::kTunnel, kRouting},
    PushRule{"redirect-private", PushEffect::kTunnel, kRouting},
    PushRule{"block-ipv4", PushEffect::kTunnel, kRouting},
    PushRule{"block-ipv6", PushEffect::kTunnel, kRouting},
    PushRule{"dhcp-option", PushEffect::kTunnel, kRouting},
    PushRule{"dns", PushEffect::kTunnel, kRouting},
    PushRule{"ping", PushEffect::kTunnel},
    PushRule{"ping-restart", PushEffect::kTunnel},
    PushRule{"ping-exit", PushEffect::kTunnel},
    PushRule{"keepalive", PushEffect::kTunnel},
    PushRule{"inactive", PushEffect::kTunnel},
    PushRule{"session-timeout", PushEffect::kTunnel},
    PushRule{"explicit-exit-notify", PushEffect::kTunnel},
    PushRule{"tun-mtu", PushEffect::kTunnel},
    PushRule{"comp-lzo", PushEffect::kTunnel},
    PushRule{"compress", PushEffect::kTunnel},
    PushRule{"cipher", PushEffect::kCipher},
    PushRule{"key-derivation", PushEffect::kKeyDerivation},
    PushRule{"protocol-flags", PushEffect::kProtocolFlags},
    PushRule{"peer-id", PushEffect::kPeerId},
    PushRule{"auth-token", PushEffect::kToken},
    PushRule{"auth-token-user", PushEffect::kTokenUser},

    PushRule{"block-outside-dns", PushEffect::kNone},
    PushRule{"ping-timer-rem", PushEffect::kNone},
    PushRule{"route-metric", PushEffect::kNone},
    PushRule{"route-delay", PushEffect::kNone},
    PushRule{"route-method", PushEffect::kNone},
    PushRule{"sndbuf", PushEffect::kNone},
    PushRule{"rcvbuf", PushEffect::kNone},
    PushRule{"socket-flags", PushEffect::kNone},
    PushRule{"shaper", PushEffect::kNone},
    PushRule{"verb", PushEffect::kNone},
    PushRule{"mute", PushEffect::kNone},
    PushRule{"errors-to-stderr", PushEffect::kNone},
    PushRule{"persist-tun", PushEffect::kNone},
    PushRule{"persist-key", PushEffect::kNone},
    PushRule{"persist-local-ip", PushEffect::kNone},
    PushRule{"persist-remote-ip", PushEffect::kNone},
    PushRule{"tun-ipv6", PushEffect::kNone},
    PushRule{"ip-win32", PushEffect::kNone},
    PushRule{"register-dns", PushEffect::kNone},
    PushRule{"lladdr", PushEffect::kNone},
    PushRule{"ifconfig-noexec", PushEffect::kNone},
    PushRule{"ifconfig-nowarn", PushEffect::kNone},
    PushRule{"bind-dev", PushEffect::kNone},
    PushRule{"setenv-safe", PushEffect::kNone},
    PushRule{"echo", PushEffect::kNone},
    PushRule{"parameter", PushEffect::kNone},
    // Access Server and OpenVPN 3 say these
    PushRule{"client-ip", PushEffect::kNone, false, kAboutTheHost},
    PushRule{"redirect-dns", PushEffect::kNone, false, kAboutTheHost},
};

}  // namespace

const PushRule* find_push_rule(std::string_view name) {
  const auto rule = std::ranges::find(kRules, name, &PushRule::name);
  return rule == kRules.end() ? nullptr : &*rule;
}

std::span<const PushRule> push_rules() {
  return kRules;
}

}  // namespace sallyport::openvpn
