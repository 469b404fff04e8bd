// push, route, route-ipv6, keepalive and their kin: what clients are told, and what lies behind
// them.
#include <array>

#include "base/parse_number.h"
#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// What stands for the tunnel's own end as a gateway, or for nothing said.
bool is_tunnels_own(std::string_view gateway) {
  return gateway.empty() || gateway == "vpn_gateway" || gateway == "default";
}

// Routes lead into the tunnel, whatever address in it they name. Which client has a network is for
// its iroute to say.
Ruling note_gateway(std::string_view text, const Directive& directive, ServerDraft& draft) {
  if (is_tunnels_own(text)) return honoured();
  const auto address = base::IpAddress::parse(text);
  if (!address) {
    return refused(
        "routes lead into the tunnel only: the gateway is an address in it, or left out");
  }
  draft.gateways.push_back({directive.line, *address});
  return honoured();
}

Ruling set_keepalive(Directive& directive, ServerDraft& draft) {
  const auto ping = base::parse_number<std::uint32_t>(directive.words[1], 1, 86'400);
  const auto restart = base::parse_number<std::uint32_t>(directive.words[2], 1, 86'400);
  if (!ping || !restart || *restart < 2 * *ping)
    return refused("it takes two times in seconds, the second at least twice the first");
  draft.keepalive_ping = seconds(*ping);
  draft.keepalive_restart = seconds(*restart);
  return honoured();
}

Ruling add_push(Directive& directive, ServerDraft& draft) {
  if (!is_pushable(directive.words[1]))
    return refused("clients could not read it: plain text without a comma, of at most 900 letters");
  draft.config.push.emplace_back(directive.words[1]);
  return honoured();
}

Ruling add_route(Directive& directive, ServerDraft& draft) {
  constexpr std::string_view kHost = "255.255.255.255";
  const std::string_view mask = directive.words.word_or(2, kHost);
  const auto network = masked_network(directive.words[1], mask == "default" ? kHost : mask);
  if (!network) return refused("it takes a network and its netmask; names are not looked up");
  draft.config.routes.push_back(*network);
  return note_gateway(directive.words.word_or(3, ""), directive, draft);
}

Ruling add_route_ipv6(Directive& directive, ServerDraft& draft) {
  const auto network = base::IpPrefix::parse(directive.words[1]);
  if (!network || network->address().is_v4()) return refused("it takes a network of IPv6");
  draft.config.routes.push_back(*network);
  return note_gateway(directive.words.word_or(2, ""), directive, draft);
}

Ruling check_route_gateway(Directive& directive, ServerDraft& draft) {
  return note_gateway(directive.words[1], directive, draft);
}

constexpr std::array kRows = {
    ServerOptionRow{"keepalive", set_keepalive, {2, 2}},
    ServerOptionRow{"push", add_push, {1, 1}, kList},
    ServerOptionRow{"route", add_route, {1, 4}, kList},
    ServerOptionRow{"route-ipv6", add_route_ipv6, {1, 3}, kList},
    ServerOptionRow{"route-gateway", check_route_gateway, {1, 1}},
    ServerOptionRow{"route-ipv6-gateway", check_route_gateway, {1, 1}},
};

}  // namespace

std::span<const ServerOptionRow> server_route_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
