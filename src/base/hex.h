// Hexadecimal text, as in OpenVPN's static key files and certificate fingerprints.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace sallyport::base {

// Lower-case, no separators.
std::string hex_encode(Bytes bytes);

// Both cases; blanks, tabs and line ends between digits are skipped. Empty for any other character
// or for an odd number of digits.
std::optional<std::vector<std::uint8_t>> hex_decode(std::string_view text);

}  // namespace sallyport::base
