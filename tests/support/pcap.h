// Captures under tests/data, as tcpdump wrote them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sallyport::testing {

using Frame = std::vector<std::uint8_t>;

// All frames of tests/data/<name>, link-layer header first, in order. A file that is no capture
// aborts.
std::vector<Frame> read_pcap(std::string_view name);

}  // namespace sallyport::testing
