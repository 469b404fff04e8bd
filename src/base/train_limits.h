// What the kernel takes as one message of many datagrams (UDP_SEGMENT): its own limits are 65,507
// bytes and, unless it is a new one, 64 datagrams.
#pragma once

#include <cstddef>

namespace sallyport::base {

inline constexpr std::size_t kMaxTrainBytes = 65000;
inline constexpr std::size_t kMaxTrainSegments = 64;

}  // namespace sallyport::base
