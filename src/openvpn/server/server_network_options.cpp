// server, server-ipv6, dev, ifconfig-pool and their kin: the device, and the addresses inside.
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {
namespace {

// The places of a pool are looked through for a free one; OpenVPN takes /16 at the widest.
constexpr unsigned kWidestNetwork = 8;
// As OpenVPN 2.6 takes them: a pool needs room, and a client's half of an address is 64 bits.
constexpr unsigned kWidestNetwork6 = 64, kNarrowestNetwork6 = 124;

Ruling set_server(Directive& directive, ServerDraft& draft) {
  const auto network = masked_network(directive.words[1], directive.words[2]);
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
  if (!network || network->address().is_v4() || network->length() < kWidestNetwork6 ||
      network->length() > kNarrowestNetwork6)
    return refused("it takes an IPv6 network of /64 to /124");
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
  if (name.size() > kMaxDeviceName) return refused("the name of a device has at most 15 letters");
  if (name != "tun") draft.config.device = name;
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

// ADDRESS/LENGTH
std::optional<std::pair<base::IpAddress, unsigned>> parse_address6(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = base::IpAddress::parse_v6(text.substr(0, slash));
  const auto length = slash == std::string_view::npos
                          ? std::nullopt
                          : base::parse_number<unsigned>(text.substr(slash + 1), kWidestNetwork6,
                                                         kNarrowestNetwork6);
  if (!address || !length) return std::nullopt;
  return std::pair(*address, *length);
}

Ruling set_ifconfig_ipv6(Directive& directive, ServerDraft& draft) {
  draft.ifconfig6 = parse_address6(directive.words[1]);
  if (!draft.ifconfig6) return refused("it takes ADDRESS/LENGTH of IPv6, /64 to /124");
  return honoured();
}

Ruling set_ifconfig_ipv6_pool(Directive& directive, ServerDraft& draft) {
  draft.pool6 = parse_address6(directive.words[1]);
  if (!draft.pool6)
    return refused("it takes the first address and its network's length, as fd00:8::1000/64");
  return honoured();
}

Ruling set_ifconfig_pool(Directive& directive, ServerDraft& draft) {
  const auto first = base::IpAddress::parse_v4(directive.words[1]);
  const auto last = base::IpAddress::parse_v4(directive.words[2]);
  if (!first || !last || *last < *first) return refused("it takes the first and the last address");
  draft.pool = {*first, *last};
  return honoured();
}

Ruling leave_device_alone(Directive&, ServerDraft& draft) {
  draft.config.sets_up = DeviceSetup::kNothing;
  return honoured(
      "addresses, routes and the size of the device are yours to set, and to bring it up");
}

Ruling leave_routes_alone(Directive&, ServerDraft& draft) {
  if (draft.config.sets_up == DeviceSetup::kAll) draft.config.sets_up = DeviceSetup::kAddresses;
  return honoured("the routes of 'route' and 'route-ipv6' are yours to set");
}

Ruling set_compress(Directive& directive, ServerDraft& draft) {
  draft.config.migrate_compression = directive.words.word_or(1, "") == "migrate";
  if (!draft.config.migrate_compression)
    return find_option_handler("compress")(directive, draft.shared);
  draft.shared.tunnel.options.compression = CompressionFraming::kNone;
  draft.shared.tunnel.options.decompress = false;
  return honoured("clients whose file asks for compression are told to go without");
}

constexpr std::array kRows = {
    ServerOptionRow{"server", set_server, {2, 3}},
    ServerOptionRow{"server-ipv6", set_server_ipv6, {1, 1}},
    ServerOptionRow{"mode", set_mode, {1, 1}},
    ServerOptionRow{"tls-server", set_tls_server, {0, 0}},
    ServerOptionRow{"dev", set_dev, {1, 1}},
    ServerOptionRow{"ifconfig", set_ifconfig, {2, 2}},
    ServerOptionRow{"ifconfig-ipv6", set_ifconfig_ipv6, {1, 2}},
    ServerOptionRow{"ifconfig-pool", set_ifconfig_pool, {2, 3}},
    ServerOptionRow{"compress", set_compress, {0, 1}},
    ServerOptionRow{"ifconfig-ipv6-pool", set_ifconfig_ipv6_pool, {1, 1}},
    ServerOptionRow{"ifconfig-noexec", leave_device_alone, {0, 0}},
    ServerOptionRow{"route-noexec", leave_routes_alone, {0, 0}},
};

}  // namespace

std::span<const ServerOptionRow> server_network_options() {
  return kRows;
}

std::optional<base::IpPrefix> masked_network(std::string_view address, std::string_view mask) {
  const auto base = base::IpAddress::parse_v4(address);
  const auto bits = base::IpAddress::parse_v4(mask);
  const auto length = bits ? base::netmask_length(*bits) : std::nullopt;
  if (!base || !length) return std::nullopt;
  const base::IpPrefix prefix(*base, *length);
  if (prefix.address() != *base) return std::nullopt;
  return prefix;
}

}  // namespace sallyport::openvpn
