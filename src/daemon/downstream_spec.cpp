#include "daemon/downstream_spec.h"

#include <algorithm>

#include "base/parse_number.h"

namespace sallyport::daemon {
namespace {

// Every VM of Qubes has it.
constexpr net::MacAddress kQubesMac(net::MacAddress::Octets{0x00, 0x16, 0x3e, 0x5e, 0x6c, 0x00});

std::string_view take_item(std::string_view& rest) {
  const std::string_view item = rest.substr(0, rest.find(','));
  rest.remove_prefix(std::min(rest.size(), item.size() + 1));
  return item;
}

// Sets what one KEY=VALUE says; false when it can't.
bool apply_item(std::string_view item, gateway::ClientSetup& client, bool& has_address) {
  const std::size_t equals = item.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view key = item.substr(0, equals);
  const std::string_view value = item.substr(equals + 1);
  if (key == "ip") {
    const auto address = base::IpAddress::parse_v4(value);
    if (address) client.v4 = *address;
    return has_address = address.has_value();
  }
  if (key == "ip6") return (client.v6 = base::IpAddress::parse_v6(value)).has_value();
  if (key == "mac") {
    const auto mac = net::MacAddress::parse(value);
    if (mac) client.mac = *mac;
    return mac && !mac->is_group();
  }
  return false;
}

// What stands behind the link's own name.
std::expected<gateway::ClientSetup, std::string> parse_client(std::string name,
                                                              std::string_view rest) {
  gateway::ClientSetup client;
  client.name = std::move(name);
  client.mac = kQubesMac;
  bool has_address = false;
  while (!rest.empty()) {
    const std::string_view item = take_item(rest);
    if (!apply_item(item, client, has_address))
      return std::unexpected("'" + std::string(item) + "' is not understood");
  }
  if (!has_address) return std::unexpected("ip=ADDR is missing");
  return client;
}

std::expected<DownstreamSpec, std::string> parse_tap(std::string_view rest) {
  TapSpec spec;
  spec.device = take_item(rest);
  if (spec.device.empty()) return std::unexpected("the device has no name");
  auto client = parse_client(spec.device, rest);
  if (!client) return std::unexpected(client.error());
  spec.client = std::move(*client);
  return spec;
}

std::expected<DownstreamSpec, std::string> parse_vchan(std::string_view rest) {
  const std::string_view domain = take_item(rest);
  const auto number = base::parse_number<std::uint16_t>(domain);
  if (!number || *number == 0)
    return std::unexpected("'" + std::string(domain) + "' is no number of a domain");
  auto client = parse_client("vchan " + std::string(domain), rest);
  if (!client) return std::unexpected(client.error());
  return VchanSpec{*number, std::move(*client)};
}

}  // namespace

std::expected<DownstreamSpec, std::string> parse_downstream(std::string_view text) {
  constexpr std::string_view kTap = "tap:";
  constexpr std::string_view kVchan = "vchan:";
  if (text == "netback") return NetbackSpec{};
  if (text.starts_with(kTap)) return parse_tap(text.substr(kTap.size()));
  if (text.starts_with(kVchan)) return parse_vchan(text.substr(kVchan.size()));
  return std::unexpected(
      "only netback, vchan:DOMID,ip=ADDR[,ip6=ADDR] and tap:NAME,ip=ADDR[,ip6=ADDR][,mac=MAC] are "
      "known");
}

}  // namespace sallyport::daemon
