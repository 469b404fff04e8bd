#include "compression/lz4.h"

#include <lz4.h>

#include <algorithm>
#include <limits>

namespace sallyport::compression {

std::optional<std::size_t> unpack_lz4(base::Bytes packed, base::MutableBytes space) {
  // The library counts in int; a packet is far below that.
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  if (packed.empty() || packed.size() > kMost) return std::nullopt;
  const std::size_t room = std::min(space.size(), kMost);
  const int size = LZ4_decompress_safe(reinterpret_cast<const char*>(packed.data()),
                                       reinterpret_cast<char*>(space.data()),
                                       static_cast<int>(packed.size()), static_cast<int>(room));
  if (size < 0) return std::nullopt;
  return static_cast<std::size_t>(size);
}

}  // namespace sallyport::compression
