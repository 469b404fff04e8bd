// topology, ifconfig, ifconfig-ipv6, block-ipv4, block-ipv6: what addresses the tunnel gives us.
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/address_rules.h"
#include "openvpn/push/tunnel_draft.h"

namespace sallyport::openvpn {
namespace {

// A tunnel's own network is hardly larger than a /8; /31 and /32 occur (docs/protocol.md, "Pushed
// options").
constexpr unsigned kMinSubnetLength = 8;

Ruling set_topology(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view name = words[1];
  if (name == "subnet") {
    draft.options.topology = Topology::kSubnet;
  } else if (name == "net30") {
    draft.options.topology = Topology::kNet30;
  } else if (name == "p2p") {
    draft.options.topology = Topology::kP2p;
  } else {
    return refused(quoted(name) + " is no topology; there are subnet, net30 and p2p");
  }
  return honoured();
}

// What the second word is depends on the topology, which may follow: settle_addresses() judges.
Ruling set_ifconfig(const ConfigWords& words, TunnelDraft& draft) {
  const auto local = base::IpAddress::parse_v4(words[1]);
  if (!local) return refused(quoted(words[1]) + " is not an IPv4 address");
  const auto second = base::IpAddress::parse_v4(words[2]);
  if (!second) return refused(quoted(words[2]) + " is neither an IPv4 address nor a netmask");
  if (const auto objection = objection_to_host(*local)) return refused(*objection);
  draft.options.ifconfig = Ifconfig{*local, *second};
  return honoured();
}

Ruling set_ifconfig_ipv6(const ConfigWords& words, TunnelDraft& draft) {
  const std::string_view text = words[1];
  const std::size_t slash = text.find('/');
  const auto local = base::IpAddress::parse_v6(text.substr(0, slash));
  if (!local || local->is_v4() || slash == std::string_view::npos)
    return refused(quoted(text) + " is not an IPv6 address with a prefix length");
  const auto length = base::parse_number<unsigned>(text.substr(slash + 1), 1, 127);
  if (!length) return refused("the prefix length in " + quoted(text) + " is not 1 to 127");
  if (const auto objection = objection_to_host(*local)) return refused(*objection);
  if (words.arguments() == 2 && !base::IpAddress::parse_v6(words[2]))
    return refused(quoted(words[2]) + " is not an IPv6 address");
  draft.options.ifconfig_ipv6 = IfconfigIpv6{*local, *length};
  return honoured();
}

Ruling set_block_ipv4(const ConfigWords&, TunnelDraft& draft) {
  draft.options.block_ipv4 = true;
  return honoured();
}

Ruling set_block_ipv6(const ConfigWords&, TunnelDraft& draft) {
  draft.options.block_ipv6 = true;
  return honoured();
}

constexpr std::array kRows = {
    TunnelHandlerRow{"topology", set_topology},
    TunnelHandlerRow{"ifconfig", set_ifconfig},
    TunnelHandlerRow{"ifconfig-ipv6", set_ifconfig_ipv6},
    TunnelHandlerRow{"block-ipv4", set_block_ipv4},
    TunnelHandlerRow{"block-ipv6", set_block_ipv6},
};

std::optional<std::string> objection_to_ifconfig(const Ifconfig& ifconfig, Topology topology) {
  if (topology == Topology::kSubnet) {
    const auto length = base::netmask_length(ifconfig.second);
    if (length && *length >= kMinSubnetLength) return std::nullopt;
    return ifconfig.second.to_string() +
           " is not a netmask of /8 or longer, as topology subnet"
           " needs";
  }
  if (ifconfig.second == ifconfig.local) return "both ends have the same address";
  return objection_to_host(ifconfig.second);
}

}  // namespace

std::span<const TunnelHandlerRow> address_handlers() {
  return kRows;
}

std::optional<Settlement> settle_addresses(TunnelDraft& draft) {
  auto& ifconfig = draft.options.ifconfig;
  if (!ifconfig) return std::nullopt;
  const auto objection = objection_to_ifconfig(*ifconfig, draft.options.topology);
  if (!objection) return std::nullopt;
  ifconfig.reset();
  return Settlement{"ifconfig", refused(*objection)};
}

}  // namespace sallyport::openvpn
