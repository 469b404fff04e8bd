// The decoder of LZ4 blocks, as peers with `compress lz4` and `lz4-v2` compress.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace sallyport::compression {

// As unpack_lzo().
std::optional<std::size_t> unpack_lz4(base::Bytes packed, base::MutableBytes space);

}  // namespace sallyport::compression
