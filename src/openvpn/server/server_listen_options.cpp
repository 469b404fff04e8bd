// proto, port, local, bind-dev, mark: where the server listens.
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {
namespace {

struct Proto {
  Transport transport = Transport::kUdp;
  AddressFamily family = AddressFamily::kAny;
};

// udp, udp4, udp6, and tcp with the same, with "-server" or without.
std::optional<Proto> parse_proto(std::string_view text) {
  const bool udp = text.starts_with("udp");
  if (!udp && !text.starts_with("tcp")) return std::nullopt;
  Proto proto{udp ? Transport::kUdp : Transport::kTcp};
  text.remove_prefix(3);
  if (text.starts_with('4') || text.starts_with('6')) {
    proto.family = text.starts_with('4') ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
    text.remove_prefix(1);
  }
  if (!text.empty() && (udp || text != "-server")) return std::nullopt;
  return proto;
}

Ruling not_a_proto(std::string_view text) {
  return refused(quoted(text) + " is no transport of a server: udp, udp4, udp6, tcp-server ...");
}

Ruling set_proto(Directive& directive, ServerDraft& draft) {
  const auto proto = parse_proto(directive.words[1]);
  if (!proto) return not_a_proto(directive.words[1]);
  draft.transport = proto->transport;
  draft.family = proto->family;
  return honoured();
}

Ruling set_port(Directive& directive, ServerDraft& draft) {
  const auto port = base::parse_number<std::uint16_t>(directive.words[1], 1);
  if (!port) return refused(quoted(directive.words[1]) + " is no port");
  draft.port = *port;
  return honoured();
}

// local ADDRESS|* [PORT [PROTO]], any number of them (OpenVPN 2.7).
Ruling add_local(Directive& directive, ServerDraft& draft) {
  LocalLine local{.line = directive.line};
  const std::string_view text = directive.words[1];
  if (text != "*") {
    local.address = base::IpAddress::parse(text);
    if (!local.address) {
      return refused(quoted(text) +
                     " is no address: a name may lead elsewhere tomorrow; write the address, or *");
    }
  }
  if (directive.words.size() > 2) {
    local.port = base::parse_number<std::uint16_t>(directive.words[2], 1);
    if (!local.port) return refused(quoted(directive.words[2]) + " is no port");
  }
  if (directive.words.size() > 3) {
    const auto proto = parse_proto(directive.words[3]);
    if (!proto) return not_a_proto(directive.words[3]);
    local.transport = proto->transport;
    local.family = proto->family;
  }
  draft.locals.push_back(local);
  return honoured();
}

Ruling set_socket_device(Directive& directive, ServerDraft& draft) {
  const std::string_view name = directive.words[1];
  if (directive.words.size() > 2 || name.empty() || name.size() > kMaxDeviceName)
    return refused("it takes the name of one device");
  draft.socket_device = name;
  return honoured();
}

Ruling set_mark(Directive& directive, ServerDraft& draft) {
  const auto mark = base::parse_number<std::uint32_t>(directive.words[1]);
  if (!mark) return refused(quoted(directive.words[1]) + " is no number from 0 to 4294967295");
  draft.mark = *mark;
  return honoured();
}

constexpr std::array kRows = {
    ServerOptionRow{"proto", set_proto, {1, 1}},
    ServerOptionRow{"port", set_port, {1, 1}},
    ServerOptionRow{"lport", set_port, {1, 1}},
    ServerOptionRow{"local", add_local, {1, 3}, kList},
    ServerOptionRow{"bind-dev", set_socket_device, {1, kMany}},
    ServerOptionRow{"mark", set_mark, {1, 1}},
};

}  // namespace

std::span<const ServerOptionRow> server_listen_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
