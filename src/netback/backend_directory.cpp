#include "netback/backend_directory.h"

#include <algorithm>
#include <limits>

#include "base/hex.h"

namespace sallyport::netback {
namespace {

using Reason = KeyError::Reason;

constexpr std::string_view kFrontend = "frontend";
constexpr std::string_view kFrontendId = "frontend-id";
constexpr std::string_view kMac = "mac";
constexpr std::string_view kIp = "ip";

std::unexpected<KeyError> error(std::string_view key, Reason reason) {
  return std::unexpected(KeyError{std::string(key), reason});
}

// "00:16:3e:5e:6c:01"
std::optional<std::array<std::uint8_t, 6>> parse_mac(std::string_view text) {
  constexpr std::size_t kPair = 3;  // with its colon
  std::array<std::uint8_t, 6> mac{};
  if (text.size() != kPair * mac.size() - 1) return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const auto pair = text.substr(kPair * i, kPair);
    const auto byte = base::hex_decode(pair.substr(0, 2));
    if (!byte || byte->size() != 1 || (pair.size() == kPair && pair[2] != ':')) return std::nullopt;
    mac[i] = byte->front();
  }
  return mac;
}

// Separated by one blank each.
std::optional<std::vector<base::IpAddress>> parse_addresses(std::string_view text) {
  std::vector<base::IpAddress> addresses;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const auto address = base::IpAddress::parse(text.substr(0, end));
    if (!address || end + 1 == text.size()) return std::nullopt;
    addresses.push_back(*address);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return addresses;
}

}  // namespace

std::vector<std::string> backend_keys() {
  return {std::string(kFrontend), std::string(kFrontendId), std::string(kMac), std::string(kIp)};
}

std::expected<BackendDetails, KeyError> parse_backend(const KeyValues& values, VifId vif) {
  BackendDetails details;
  const auto id = read_number(values, kFrontendId, 0, std::numeric_limits<std::uint16_t>::max());
  if (!id) return std::unexpected(id.error());
  if (*id != vif.domain.value()) return error(kFrontendId, Reason::kOutOfRange);

  const auto frontend = values.find(kFrontend);
  if (!frontend) return error(kFrontend, Reason::kMissing);
  const std::string home = "/local/domain/" + std::to_string(*id) + "/";
  if (!frontend->starts_with(home) || frontend->size() == home.size())
    return error(kFrontend, Reason::kMalformed);
  details.frontend = *frontend;

  const auto mac_text = values.find(kMac);
  if (!mac_text) return error(kMac, Reason::kMissing);
  const auto mac = parse_mac(*mac_text);
  if (!mac) return error(kMac, Reason::kMalformed);
  details.mac = *mac;

  auto addresses = parse_addresses(values.find(kIp).value_or(""));
  if (!addresses) return error(kIp, Reason::kMalformed);
  details.addresses = std::move(*addresses);
  return details;
}

std::optional<VifId> parse_vif_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto domain = parse_decimal(path.substr(0, slash));
  const auto device = parse_decimal(path.substr(slash + 1));
  if (!domain || !device || *domain > std::numeric_limits<std::uint16_t>::max())
    return std::nullopt;
  return VifId{DomainId(static_cast<std::uint16_t>(*domain)), DeviceId(*device)};
}

std::vector<KeyValue> offered_features(std::uint32_t max_queues) {
  std::vector<KeyValue> keys{
      {"feature-rx-copy", "1"},           {"feature-sg", "1"},
      {"feature-gso-tcpv4", "1"},         {"feature-gso-tcpv6", "1"},
      {"feature-ipv6-csum-offload", "1"}, {"feature-split-event-channels", "1"}};
  if (max_queues > 1) keys.push_back({"multi-queue-max-queues", std::to_string(max_queues)});
  // Nobody waits for it, but tools show it.
  keys.push_back({"hotplug-status", "connected"});
  return keys;
}

}  // namespace sallyport::netback
