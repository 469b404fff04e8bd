// Port numbers (IANA) that mean something here.
#pragma once

#include <cstdint>

namespace sallyport::net {

inline constexpr std::uint16_t kDnsPort = 53;

}  // namespace sallyport::net
