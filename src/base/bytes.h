// The one way bytes cross a function boundary: spans. No pointer-and-length pairs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace sallyport::base {

using Bytes = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

// The same memory seen as bytes or as text; both views borrow from the argument.
Bytes bytes_of(std::string_view text);
std::string_view text_of(Bytes bytes);

// Copies all of `from` to the start of `to`, which is not shorter and does not overlap it. A span of const bytes is
// copied byte by byte by gcc 12's std::ranges::copy.
inline void copy_bytes(Bytes from, MutableBytes to) {
  const MutableBytes target = to.first(from.size());
  if (!from.empty()) std::memcpy(target.data(), from.data(), from.size());
}

}  // namespace sallyport::base
