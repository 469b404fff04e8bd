#include "gateway/refusal.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace sallyport::gateway {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Refusal::kCount)> kNames{
    "malformed frame",
    "spoofed MAC address",
    "spoofed address",
    "malformed packet",
    "tunnel down",
    "no IPv4 in the tunnel",
    "no IPv6 in the tunnel",
    "not carried by the server",
    "internal destination",
    "multicast or broadcast",
    "bogus destination",
    "by rule",
    "no resolver",
    "protocol not carried",
    "no such flow",
    "no room for another flow",
    "ttl exceeded",
    "too big for the tunnel",
    "bad fragment",
    "no usable data key",
    "outside: malformed packet",
    "outside: unsolicited",
    "outside: not for us",
    "outside: bogus source",
    "outside: bad fragment",
    "outside: ttl exceeded",
    "outside: too big for the client",
    "outside: acknowledgement superseded",
    "client gone",
};
static_assert(!kNames.back().empty());

}  // namespace

std::string_view describe(Refusal refusal) {
  CHECK(refusal < Refusal::kCount);
  return kNames[static_cast<std::size_t>(std::to_underlying(refusal))];
}

}  // namespace sallyport::gateway
