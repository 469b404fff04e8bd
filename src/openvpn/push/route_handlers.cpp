// route, route-ipv6, route-gateway, redirect-gateway, redirect-private. Nothing that AppVMs send
// goes beside the tunnel whatever these say; they are read so that what the server does not carry
// can be refused, and so that one that asks for a way beside the tunnel is named (TunnelCrack).
#include <algorithm>
#include <array>
#include <cctype>

#include "base/parse_number.h"
#include "base/qubes_ranges.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/address_rules.h"
#include "openvpn/push/tunnel_draft.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kBeside = " would lead beside the tunnel";

bool leads_beside(std::string_view keyword) {
  return keyword == "net_gateway" || keyword == "remote_host" || keyword == "net_gateway_ipv6";
}

// A server is told of what it may not ask for. A line of the user's own file, which generators
// write without asking what it is good for, has no effect either, and that is all.
Ruling without_effect(std::string reason, const TunnelDraft& draft) {
  if (draft.source == OptionSource::kServer) return refused(std::move(reason));
  return ignored(std::move(reason) + ", so it has no effect");
}

Ruling beside(std::string_view word, const TunnelDraft& draft) {
  return without_effect(quoted(word) + std::string(kBeside), draft);
}

bool is_host_name(std::string_view text) {
  return std::ranges::all_of(text,
                             [](unsigned char c) {
                               return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
                             }) &&
         std::ranges::any_of(text, [](unsigned char c) { return std::isalpha(c) != 0; });
}

// The words after the network: a gateway and a metric, both optional. Every gateway is the tunnel
// here, so a name is not looked up.
std::optional<Ruling> objection_to_tail(std::string_view gateway, std::string_view metric,
                                        const TunnelDraft& draft) {
  if (leads_beside(gateway)) return beside(gateway, draft);
  const bool named = draft.source == OptionSource::kProfile && is_host_name(gateway);
  if (gateway != "default" && gateway != "vpn_gateway" && !named &&
      !base::IpAddress::parse(gateway)) {
    return refused(quoted(gateway) + " is no gateway");
  }
  if (metric != "default" && !base::parse_number<std::int32_t>(metric, 0))
    return refused(quoted(metric) + " is no metric");
  return std::nullopt;
}

// A network that is not a literal: names are never looked up for a route.
Ruling rule_on_name(std::string_view network, TunnelDraft& draft) {
  if (leads_beside(network)) return beside(network, draft);
  if (network == "vpn_gateway") return ignored("the gateway is in the tunnel anyway");
  draft.options.routes_incomplete = true;
  if (draft.source == OptionSource::kProfile && is_host_name(network))
    return ignored("the name is not looked up, so everything goes into the tunnel");
  return refused(quoted(network) + " is not an address");
}

// Its user waits for an answer from there, and would never have one.
bool is_of_qubes(const base::IpPrefix& network) {
  return base::is_qubes_address(network.address());
}

Ruling add(const base::IpPrefix& network, TunnelDraft& draft) {
  if (const auto objection = objection_to_route(network))
    return is_of_qubes(network) ? refused(*objection) : without_effect(*objection, draft);
  if (draft.options.routes.size() == TunnelOptions::kMaxRoutes) {
    draft.options.routes_incomplete = true;
    return ignored("it is behind the first " + std::to_string(TunnelOptions::kMaxRoutes) +
                   " routes, so everything goes into the tunnel");
  }
  draft.options.routes.push_back(network);
  return honoured();
}

Ruling add_route(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view mask_text = words.word_or(2, "default");
  if (const auto objection =
          objection_to_tail(words.word_or(3, "default"), words.word_or(4, "default"), draft)) {
    return *objection;
  }
  const auto network = base::IpAddress::parse_v4(words[1]);
  if (!network) return rule_on_name(words[1], draft);
  if (mask_text == "default") return add(base::IpPrefix(*network, 32), draft);
  const auto mask = base::IpAddress::parse_v4(mask_text);
  const auto length = mask ? base::netmask_length(*mask) : std::nullopt;
  if (!length) return refused(quoted(mask_text) + " is not a netmask");
  return add(base::IpPrefix(*network, *length), draft);
}

Ruling add_route_ipv6(const ConfigWords& words, TunnelDraft& draft) {
  if (const auto objection =
          objection_to_tail(words.word_or(2, "default"), words.word_or(3, "default"), draft)) {
    return *objection;
  }
  const auto network = base::IpPrefix::parse(words[1]);
  if (!network || network->address().is_v4())
    return refused(quoted(words[1]) + " is not an IPv6 network");
  return add(*network, draft);
}

Ruling set_route_gateway(const ConfigWords& words, TunnelDraft& draft) {
  if (words[1] == "dhcp") return ignored("there is no DHCP in a layer-3 tunnel");
  if (leads_beside(words[1])) return refused(quoted(words[1]) + std::string(kBeside));
  const auto gateway = base::IpAddress::parse_v4(words[1]);
  if (!gateway) return refused(quoted(words[1]) + " is not an IPv4 address");
  if (const auto objection = objection_to_host(*gateway)) return refused(*objection);
  draft.options.route_gateway = *gateway;
  return honoured();
}

Ruling set_redirect_gateway(const ConfigWords& words, TunnelDraft& draft) {
  static constexpr std::array<std::string_view, 8> kFlags = {
      "local", "autolocal", "def1", "bypass-dhcp", "bypass-dns", "block-local", "ipv6", "!ipv4"};
  bool narrowed = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (std::ranges::find(kFlags, words[i]) == kFlags.end())
      return refused(quoted(words[i]) + " is not a flag of this option");
    narrowed = narrowed || words[i] == "!ipv4";
  }
  if (words.name() == "redirect-gateway") draft.options.redirect_gateway = true;
  if (narrowed) return honoured("IPv4 goes into the tunnel all the same; nothing leaves beside it");
  return honoured();
}

constexpr std::array kRows = {
    TunnelHandlerRow{"route", add_route},
    TunnelHandlerRow{"route-ipv6", add_route_ipv6},
    TunnelHandlerRow{"route-gateway", set_route_gateway},
    TunnelHandlerRow{"redirect-gateway", set_redirect_gateway},
    TunnelHandlerRow{"redirect-private", set_redirect_gateway},
};

}  // namespace

std::span<const TunnelHandlerRow> route_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
