// The files of client-config-dir: a few options of one client, in the language of profiles.
#include <algorithm>

#include "openvpn/profile/config_lexer.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {
namespace {

// Beside the comma, what no client takes apart again.
constexpr std::size_t kMaxPush = 900;

using Outcome = std::expected<void, std::string>;

std::optional<base::IpPrefix> network_of(const ConfigWords& words) {
  const auto address = base::IpAddress::parse_v4(words[1]);
  const auto mask = base::IpAddress::parse_v4(words.word_or(2, "255.255.255.255"));
  const auto length = mask ? base::netmask_length(*mask) : std::nullopt;
  if (!address || !length) return std::nullopt;
  return base::IpPrefix(*address, *length);
}

Outcome read_address(const ConfigWords& words, ClientConfig& client) {
  const auto address = base::IpAddress::parse_v4(words[1]);
  const auto second = words.size() > 2 ? base::IpAddress::parse_v4(words[2]) : std::nullopt;
  if (!address || (words.size() > 2 && !second)) return std::unexpected("it takes IPv4 addresses");
  client.address = *address;
  client.second = second;
  return {};
}

Outcome read_address6(const ConfigWords& words, ClientConfig& client) {
  const auto address = base::IpAddress::parse_v6(words[1].substr(0, words[1].find('/')));
  if (!address) return std::unexpected("it takes an IPv6 address");
  client.address6 = *address;
  return {};
}

Outcome add_network(std::optional<base::IpPrefix> network, ClientConfig& client) {
  if (!network) return std::unexpected("it takes a network");
  client.routes.push_back(*network);
  return {};
}

Outcome read_option(const ConfigWords& words, ClientConfig& client) {
  const std::string_view name = words.name();
  if (name == "disable") {
    client.disabled = true;
    return {};
  }
  if (name == "push-reset") {
    client.push_reset = true;
    return {};
  }
  if (words.size() < 2) return std::unexpected("it is not for a single client, or lacks a value");
  if (name == "push" && is_pushable(words[1])) {
    client.push.emplace_back(words[1]);
    return {};
  }
  if (name == "push-remove") {
    client.push_remove.emplace_back(words[1]);
    return {};
  }
  if (name == "ifconfig-push") return read_address(words, client);
  if (name == "ifconfig-ipv6-push") return read_address6(words, client);
  if (name == "iroute") return add_network(network_of(words), client);
  if (name == "iroute-ipv6") {
    const auto network = base::IpPrefix::parse(words[1]);
    return add_network(network && !network->address().is_v4() ? network : std::nullopt, client);
  }
  return std::unexpected("it is not for a single client, or not supported");
}

}  // namespace

bool is_pushable(std::string_view option) {
  return !option.empty() && option.size() <= kMaxPush &&
         std::ranges::all_of(option, [](char c) { return c >= 0x20 && c < 0x7f && c != ','; });
}

ClientConfig read_client_config(base::Bytes file, const ServerConfig& config) {
  ClientConfig client;
  const LexedConfig lexed = lex_config(file);
  if (!lexed.errors.empty()) client.problem = printable(lexed.errors.front());
  for (const Directive& directive : lexed.directives) {
    const auto read = directive.problem || directive.block
                          ? Outcome(std::unexpected(directive.problem.value_or("it is a block")))
                          : read_option(directive.words, client);
    if (read || !client.problem.empty()) continue;
    client.problem = "line " + std::to_string(directive.line) + ": " +
                     printable(directive.words.name()) + ": " + read.error();
  }
  if (!client.problem.empty()) return client;
  if (client.address && config.topology != Topology::kSubnet && !client.second)
    client.problem = "ifconfig-push takes two addresses unless topology is subnet";
  const bool servers = config.pool && (client.address == config.pool->own ||
                                       (client.address6 && client.address6 == config.pool->own6));
  if (servers) client.problem = "ifconfig-push: it is the server's own address";
  return client;
}

}  // namespace sallyport::openvpn
