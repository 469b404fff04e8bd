// The address ranges that Qubes OS uses between its VMs. Nothing behind a tunnel has such an
// address, whatever a server pushes: it could pose as a neighbour or as the resolver.
#pragma once

#include <span>

#include "base/ip_address.h"

namespace sallyport::base {

// 10.137.0.0/16 (VMs), 10.138.0.0/16 (disposables), 10.139.0.0/16 (virtual resolvers),
// fd09:24ef:4179::/48.
std::span<const IpPrefix> qubes_ranges();
bool is_qubes_address(const IpAddress& address);

// What every VM is told to ask for names: 10.139.1.1 and 10.139.1.2.
inline constexpr IpAddress kVirtualResolver1 = IpAddress::v4(0x0a8b0101);
inline constexpr IpAddress kVirtualResolver2 = IpAddress::v4(0x0a8b0102);

}  // namespace sallyport::base
