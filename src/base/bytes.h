// The one way bytes cross a function boundary: spans. No pointer-and-length pairs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sallyport::base {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

// The same memory seen as bytes or as text; both views borrow from the argument.
Bytes bytes_of(std::string_view text);
std::string_view text_of(Bytes bytes);

}  // namespace sallyport::base
