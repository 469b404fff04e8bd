#include "openvpn/push/address_rules.h"

#include <vector>

#include "base/check.h"
#include "base/qubes_ranges.h"

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

std::vector<ForbiddenRange> make_forbidden_ranges() {
  std::vector<ForbiddenRange> ranges{
      {range("0.0.0.0/8"), "means no address at all"},
      {range("127.0.0.0/8"), "is a loopback address"},
      {range("169.254.0.0/16"), "is a link-local address"},
      {range("224.0.0.0/4"), "is a multicast address"},
      {range("240.0.0.0/4"), "is a reserved or broadcast address"},
      {range("::/128"), "means no address at all"},
      {range("::1/128"), "is a loopback address"},
      {range("fe80::/10"), "is a link-local address"},
      {range("ff00::/8"), "is a multicast address"},
  };
  for (const base::IpPrefix& of_qubes : base::qubes_ranges())
    ranges.push_back({of_qubes, "belongs to Qubes OS itself"});
  return ranges;
}

const std::vector<ForbiddenRange>& forbidden_ranges() {
  static const std::vector<ForbiddenRange> ranges = make_forbidden_ranges();
  return ranges;
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
