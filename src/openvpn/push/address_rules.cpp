#include "openvpn/push/address_rules.h"

#include <array>
#include <span>

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

struct ForbiddenRange {
  base::IpPrefix range;
  const char* what;
};

base::IpPrefix range(const char* text) {
  const auto parsed = base::IpPrefix::parse(text);
  CHECK(parsed.has_value());
  return *parsed;
}

std::span<const ForbiddenRange> forbidden_ranges() {
  static const std::array kRanges = {
      ForbiddenRange{range("0.0.0.0/8"), "means no address at all"},
      ForbiddenRange{range("127.0.0.0/8"), "is a loopback address"},
      ForbiddenRange{range("169.254.0.0/16"), "is a link-local address"},
      ForbiddenRange{range("224.0.0.0/4"), "is a multicast address"},
      ForbiddenRange{range("240.0.0.0/4"), "is a reserved or broadcast address"},
      ForbiddenRange{range("::/128"), "means no address at all"},
      ForbiddenRange{range("::1/128"), "is a loopback address"},
      ForbiddenRange{range("fe80::/10"), "is a link-local address"},
      ForbiddenRange{range("ff00::/8"), "is a multicast address"},
      ForbiddenRange{range("10.137.0.0/16"), "belongs to Qubes OS itself"},
      ForbiddenRange{range("10.138.0.0/16"), "belongs to Qubes OS itself"},
      ForbiddenRange{range("10.139.0.0/16"), "belongs to Qubes OS itself"},
      ForbiddenRange{range("fd09:24ef:4179::/48"), "belongs to Qubes OS itself"},
  };
  return kRanges;
}

}  // namespace

std::optional<std::string> objection_to_host(const base::IpAddress& address) {
  for (const ForbiddenRange& forbidden : forbidden_ranges()) {
    if (forbidden.range.contains(address)) return address.to_string() + " " + forbidden.what;
  }
  return std::nullopt;
}

std::optional<std::string> objection_to_route(const base::IpPrefix& network) {
  for (const ForbiddenRange& forbidden : forbidden_ranges()) {
    if (network.length() >= forbidden.range.length() &&
        forbidden.range.contains(network.address())) {
      return network.to_string() + " " + forbidden.what;
    }
  }
  return std::nullopt;
}

}  // namespace sallyport::openvpn
