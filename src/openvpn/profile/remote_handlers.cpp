// remote, <connection> and what applies to them: where to connect to, and how.
#include <algorithm>
#include <array>

#include "base/parse_number.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"
#include "openvpn/profile/remote_host.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// OpenVPN's own limit; each costs a look-up when the server is away.
constexpr std::size_t kMaxRemotes = 64;
constexpr std::uint32_t kMaxWait = 86'400;
struct Protocol {
  std::string_view name;
  Transport transport;
  AddressFamily family;
};

constexpr std::array kProtocols = {
    Protocol{"udp", Transport::kUdp, AddressFamily::kAny},
    Protocol{"udp4", Transport::kUdp, AddressFamily::kIpv4},
    Protocol{"udp6", Transport::kUdp, AddressFamily::kIpv6},
    Protocol{"tcp", Transport::kTcp, AddressFamily::kAny},
    Protocol{"tcp4", Transport::kTcp, AddressFamily::kIpv4},
    Protocol{"tcp6", Transport::kTcp, AddressFamily::kIpv6},
    Protocol{"tcp-client", Transport::kTcp, AddressFamily::kAny},
    Protocol{"tcp4-client", Transport::kTcp, AddressFamily::kIpv4},
    Protocol{"tcp6-client", Transport::kTcp, AddressFamily::kIpv6},
};

std::expected<Protocol, Ruling> parse_protocol(std::string_view name) {
  for (const Protocol& protocol : kProtocols) {
    if (protocol.name == name) return protocol;
  }
  if (name.ends_with("-server"))
    return std::unexpected(refused(quoted(name) + " is a server's protocol"));
  return std::unexpected(refused(quoted(name) + " is no protocol; there are udp and tcp-client"));
}

std::expected<std::uint16_t, Ruling> parse_port(std::string_view text, std::uint16_t minimum) {
  const auto port = base::parse_number<std::uint16_t>(text, minimum);
  if (port) return *port;
  return std::unexpected(refused(quoted(text) + " is not a port number"));
}

std::expected<base::Duration, Ruling> parse_wait(std::string_view text) {
  const auto count = base::parse_number<std::uint32_t>(text, 1, kMaxWait);
  if (count) return seconds(*count);
  return std::unexpected(
      refused(quoted(text) + " is not a number of seconds from 1 to " + std::to_string(kMaxWait)));
}

Ruling add_remote(Directive& directive, ProfileDraft& draft) {
  const ConfigWords& words = directive.words;
  RemoteLine remote{.line = directive.line, .host = std::string(words[1])};
  if (const auto objection = objection_to_remote_host(words[1])) return refused(*objection);
  if (words.size() > 2) {
    const auto port = parse_port(words[2], 1);
    if (!port) return port.error();
    remote.port = *port;
  }
  if (words.size() > 3) {
    const auto protocol = parse_protocol(words[3]);
    if (!protocol) return protocol.error();
    remote.transport = protocol->transport;
    remote.family = protocol->family;
  }
  if (!directive.connection) {
    if (draft.remotes.size() == kMaxRemotes)
      return ignored("only the first " + std::to_string(kMaxRemotes) + " are used");
    draft.remotes.push_back(std::move(remote));
    return honoured();
  }
  ConnectionDraft& connection = draft.connections.back();
  if (connection.host) return refused("a <connection> has one remote; write one block for each");
  connection.host = std::move(remote.host);
  connection.port = remote.port.value_or(connection.port);
  if (remote.transport) {
    connection.transport = *remote.transport;
    connection.family = remote.family;
  }
  return honoured();
}

Ruling begin_connection(Directive& directive, ProfileDraft& draft) {
  if (!directive.block) return refused("it is written as a block: <connection> ... </connection>");
  draft.connections.push_back(draft.defaults);
  draft.connections.back().line = directive.line;
  draft.connections.back().wrap.reset();  // one of its own replaces that of the file
  return honoured();
}

Ruling set_remote_random(Directive&, ProfileDraft& draft) {
  draft.profile.remote_random = true;
  return honoured();
}

Ruling set_remote_random_hostname(Directive&, ProfileDraft& draft) {
  draft.profile.remote_random_hostname = true;
  return honoured();
}

Ruling set_proto(Directive& directive, ProfileDraft& draft) {
  const auto protocol = parse_protocol(directive.words[1]);
  if (!protocol) return protocol.error();
  draft.scope_of(directive).transport = protocol->transport;
  draft.scope_of(directive).family = protocol->family;
  return honoured();
}

Ruling set_proto_force(Directive& directive, ProfileDraft& draft) {
  const auto protocol = parse_protocol(directive.words[1]);
  if (!protocol) return protocol.error();
  draft.forced_transport = protocol->transport;
  return honoured();
}

Ruling set_server_port(Directive& directive, ProfileDraft& draft) {
  const auto port = parse_port(directive.words[1], 1);
  if (!port) return port.error();
  draft.scope_of(directive).port = *port;
  return honoured();
}

Ruling set_both_ports(Directive& directive, ProfileDraft& draft) {
  Ruling ruling = set_server_port(directive, draft);
  if (ruling.verdict == Verdict::kHonoured)
    draft.scope_of(directive).own_port = draft.scope_of(directive).port;
  return ruling;
}

Ruling set_local_port(Directive& directive, ProfileDraft& draft) {
  const auto port = parse_port(directive.words[1], 0);
  if (!port) return port.error();
  draft.scope_of(directive).local_port = *port;
  draft.scope_of(directive).local_port_line = directive.line;
  return *port == 0 ? honoured("any free port") : honoured();
}

Ruling set_bind(Directive& directive, ProfileDraft& draft) {
  if (directive.words.word_or(1, "ipv6only") != "ipv6only")
    return refused(quoted(directive.words[1]) + " is not 'ipv6only'");
  draft.scope_of(directive).bind = true;
  return honoured();
}

Ruling set_nobind(Directive& directive, ProfileDraft& draft) {
  draft.scope_of(directive).bind = false;
  return honoured();
}

// OpenVPN does not wait at all where it is 0; a second is the least here.
std::expected<base::Duration, Ruling> parse_pause(std::string_view text) {
  return parse_wait(text == "0" ? "1" : text);
}

constexpr std::string_view kWholeFile =
    "it holds for the whole file; write it outside <connection>";

Ruling set_connect_retry(Directive& directive, ProfileDraft& draft) {
  if (directive.connection) return ignored(std::string(kWholeFile));
  const auto initial = parse_pause(directive.words[1]);
  if (!initial) return initial.error();
  ReconnectPolicy& policy = draft.profile.reconnect;
  if (directive.words.size() > 2) {
    const auto maximum = parse_pause(directive.words[2]);
    if (!maximum) return maximum.error();
    policy.maximum = *maximum;
  }
  policy.initial = *initial;
  policy.maximum = std::max(policy.initial, policy.maximum);
  return honoured();
}

Ruling set_connect_retry_max(Directive& directive, ProfileDraft& draft) {
  if (directive.connection) return ignored(std::string(kWholeFile));
  const std::string_view text = directive.words[1];
  const auto rounds = text == "unlimited" ? 0 : base::parse_number<std::uint16_t>(text);
  if (!rounds) return refused(quoted(text) + " is not a number of attempts");
  draft.profile.reconnect.rounds.reset();
  if (*rounds == 0) return honoured("without a limit");
  draft.profile.reconnect.rounds = *rounds;
  return honoured("a gateway never gives up: then the next profile is tried, where there is one");
}

Ruling set_connect_timeout(Directive& directive, ProfileDraft& draft) {
  const auto wait = parse_wait(directive.words[1]);
  if (!wait) return wait.error();
  draft.scope_of(directive).connect_timeout = *wait;
  return honoured();
}

// Read as the pushed option is; here it belongs to a remote.
Ruling set_explicit_exit_notify(Directive& directive, ProfileDraft& draft) {
  TunnelDraft read{.source = OptionSource::kProfile};
  Ruling ruling = find_tunnel_handler("explicit-exit-notify")(directive.words, read);
  draft.scope_of(directive).explicit_exit_notify = read.options.explicit_exit_notify.value_or(0);
  return ruling;
}

constexpr std::array kRows = {
    OptionHandlerRow{"remote", add_remote},
    OptionHandlerRow{"connection", begin_connection},
    OptionHandlerRow{"remote-random", set_remote_random},
    OptionHandlerRow{"remote-random-hostname", set_remote_random_hostname},
    OptionHandlerRow{"proto", set_proto},
    OptionHandlerRow{"proto-force", set_proto_force},
    OptionHandlerRow{"port", set_both_ports},
    OptionHandlerRow{"rport", set_server_port},
    OptionHandlerRow{"lport", set_local_port},
    OptionHandlerRow{"bind", set_bind},
    OptionHandlerRow{"nobind", set_nobind},
    OptionHandlerRow{"connect-retry", set_connect_retry},
    OptionHandlerRow{"connect-retry-max", set_connect_retry_max},
    OptionHandlerRow{"connect-timeout", set_connect_timeout},
    OptionHandlerRow{"server-poll-timeout", set_connect_timeout},
    OptionHandlerRow{"explicit-exit-notify", set_explicit_exit_notify},
};

}  // namespace

std::span<const OptionHandlerRow> remote_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
