// server, server-ipv6, proto, port, local, ifconfig-pool, push, route and their kin: where the
// server listens, and the addresses inside.
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// The places of a pool are looked through for a free one; OpenVPN takes /16 at the widest.
constexpr unsigned kWidestNetwork = 8;

std::optional<base::IpPrefix> network_of(std::string_view address, std::string_view mask) {
  const auto base = base::IpAddress::parse_v4(address);
  const auto bits = base::IpAddress::parse_v4(mask);
  const auto length = bits ? base::netmask_length(*bits) : std::nullopt;
  if (!base || !length) return std::nullopt;
  const base::IpPrefix prefix(*base, *length);
  if (prefix.address() != *base) return std::nullopt;
  return prefix;
}

Ruling set_server(Directive& directive, ServerDraft& draft) {
  const auto network = network_of(directive.words[1], directive.words[2]);
  if (!network || network->length() < kWidestNetwork || network->length() > 29)
    return refused("it takes a network and its netmask, of /8 to /29");
  if (directive.words.size() > 3) {
    if (directive.words[3] != "nopool")
      return refused(quoted(directive.words[3]) + " is not 'nopool'");
    draft.no_pool = true;
  }
  draft.server_network = *network;
  draft.is_server = draft.tls_server = true;
  return honoured();
}

Ruling set_server_ipv6(Directive& directive, ServerDraft& draft) {
  const auto network = base::IpPrefix::parse(directive.words[1]);
  if (!network || network->address().is_v4() || network->length() < 64 || network->length() > 112)
    return refused("it takes an IPv6 network of /64 to /112");
  draft.server_network6 = *network;
  return honoured();
}

Ruling set_mode(Directive& directive, ServerDraft& draft) {
  if (directive.words[1] != "server") return refused("this is for a server: write 'mode server'");
  draft.is_server = true;
  return honoured();
}

Ruling set_tls_server(Directive&, ServerDraft& draft) {
  draft.tls_server = true;
  return honoured();
}

Ruling set_dev(Directive& directive, ServerDraft& draft) {
  const std::string_view name = directive.words[1];
  if (name.starts_with("tap"))
    return refused("Ethernet tunnels (tap) are not supported: use 'dev tun'");
  if (!name.starts_with("tun") && !draft.shared.says("dev-type"))
    return refused(quoted(name) + " does not tell the kind of tunnel: write 'dev tun'");
  if (name.size() > 15) return refused("the name of a device has at most 15 letters");
  if (name != "tun") draft.config.device = name;
  return honoured();
}

Ruling set_proto(Directive& directive, ServerDraft& draft) {
  const std::string_view text = directive.words[1];
  const bool udp = text.starts_with("udp");
  const std::string_view rest = text.substr(std::min<std::size_t>(3, text.size()));
  const bool server = rest == "" || rest == "4" || rest == "6" || rest == "-server" ||
                      rest == "4-server" || rest == "6-server";
  if ((!udp && !text.starts_with("tcp")) || !server || (udp && rest.ends_with("-server")))
    return refused(quoted(text) + " is no transport of a server: udp, udp4, udp6, tcp-server ...");
  draft.transport = udp ? Transport::kUdp : Transport::kTcp;
  draft.family = rest.starts_with('4')   ? AddressFamily::kIpv4
                 : rest.starts_with('6') ? AddressFamily::kIpv6
                                         : AddressFamily::kAny;
  return honoured();
}

Ruling set_port(Directive& directive, ServerDraft& draft) {
  const auto port = base::parse_number<std::uint16_t>(directive.words[1], 1);
  if (!port) return refused(quoted(directive.words[1]) + " is no port");
  draft.port = *port;
  return honoured();
}

// local ADDRESS [PORT [PROTO]], any number of them (OpenVPN 2.7).
Ruling add_local(Directive& directive, ServerDraft& draft) {
  const auto address = base::IpAddress::parse(directive.words[1]);
  if (!address) return refused(quoted(directive.words[1]) + " is no address");
  ListenAddress listen{.address = *address, .port = 0};
  listen.family = address->is_v4() ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  if (directive.words.size() > 2) {
    const auto port = base::parse_number<std::uint16_t>(directive.words[2], 1);
    if (!port) return refused(quoted(directive.words[2]) + " is no port");
    listen.port = *port;
  }
  const std::string_view proto = directive.words.word_or(3, "");
  if (!proto.empty() && !proto.starts_with("udp") && !proto.starts_with("tcp"))
    return refused(quoted(proto) + " is no transport");
  // Filled in behind the last line, where this line does not say.
  if (proto.empty()) {
    listen.family = AddressFamily::kAny;
  } else {
    listen.transport = proto.starts_with("udp") ? Transport::kUdp : Transport::kTcp;
  }
  draft.locals.push_back(listen);
  return honoured();
}

Ruling set_ifconfig(Directive& directive, ServerDraft& draft) {
  const auto local = base::IpAddress::parse_v4(directive.words[1]);
  const auto second = base::IpAddress::parse_v4(directive.words[2]);
  if (!local || !second) return refused("it takes two IPv4 addresses");
  const auto length = base::netmask_length(*second);
  if (length && (*length < kWidestNetwork || *length > 30))
    return refused("the network is of /8 to /30");
  draft.ifconfig = Ifconfig{*local, *second};
  return honoured();
}

Ruling set_ifconfig_ipv6(Directive& directive, ServerDraft& draft) {
  const std::string_view text = directive.words[1];
  const std::size_t slash = text.find('/');
  const auto address = base::IpAddress::parse_v6(text.substr(0, slash));
  const auto length = slash == std::string_view::npos
                          ? std::nullopt
                          : base::parse_number<unsigned>(text.substr(slash + 1), 64, 112);
  if (!address || !length) return refused("it takes ADDRESS/LENGTH of IPv6, /64 to /112");
  draft.ifconfig6 = {*address, *length};
  return honoured();
}

Ruling set_ifconfig_pool(Directive& directive, ServerDraft& draft) {
  const auto first = base::IpAddress::parse_v4(directive.words[1]);
  const auto last = base::IpAddress::parse_v4(directive.words[2]);
  if (!first || !last || *last < *first) return refused("it takes the first and the last address");
  draft.pool = {*first, *last};
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
  const auto network =
      network_of(directive.words[1], directive.words.word_or(2, "255.255.255.255"));
  if (!network) return refused("it takes a network and its netmask");
  if (directive.words.size() > 3 && directive.words[3] != "vpn_gateway")
    return refused("routes lead into the tunnel only; delete the gateway");
  draft.config.routes.push_back(*network);
  return honoured();
}

Ruling add_route_ipv6(Directive& directive, ServerDraft& draft) {
  const auto network = base::IpPrefix::parse(directive.words[1]);
  if (!network || network->address().is_v4()) return refused("it takes a network of IPv6");
  if (directive.words.size() > 2)
    return refused("routes lead into the tunnel only; delete the gateway");
  draft.config.routes.push_back(*network);
  return honoured();
}

Ruling set_compress(Directive& directive, ServerDraft& draft) {
  draft.config.migrate_compression = directive.words.word_or(1, "") == "migrate";
  if (!draft.config.migrate_compression)
    return find_option_handler("compress")(directive, draft.shared);
  draft.shared.tunnel.options.compression = CompressionFraming::kNone;
  draft.shared.tunnel.options.decompress = false;
  return honoured("clients whose profile has compression are told to go without");
}

constexpr std::array kRows = {
    ServerOptionRow{"server", set_server, {2, 3}},
    ServerOptionRow{"server-ipv6", set_server_ipv6, {1, 1}},
    ServerOptionRow{"mode", set_mode, {1, 1}},
    ServerOptionRow{"tls-server", set_tls_server, {0, 0}},
    ServerOptionRow{"dev", set_dev, {1, 1}},
    ServerOptionRow{"proto", set_proto, {1, 1}},
    ServerOptionRow{"port", set_port, {1, 1}},
    ServerOptionRow{"lport", set_port, {1, 1}},
    ServerOptionRow{"local", add_local, {1, 3}, kList},
    ServerOptionRow{"ifconfig", set_ifconfig, {2, 2}},
    ServerOptionRow{"ifconfig-ipv6", set_ifconfig_ipv6, {1, 2}},
    ServerOptionRow{"ifconfig-pool", set_ifconfig_pool, {2, 3}},
    ServerOptionRow{"keepalive", set_keepalive, {2, 2}},
    ServerOptionRow{"compress", set_compress, {0, 1}},
    ServerOptionRow{"push", add_push, {1, 1}, kList},
    ServerOptionRow{"route", add_route, {1, 4}, kList},
    ServerOptionRow{"route-ipv6", add_route_ipv6, {1, 3}, kList},
};

}  // namespace

std::span<const ServerOptionRow> server_network_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
