// The decoder of LZO1X, as `comp-lzo` peers compress. The format is the one that Linux describes in
// Documentation/staging/lzo.rst, without run lengths (its version 0).
#pragma once

#include <optional>

#include "base/bytes.h"

namespace sallyport::compression {

// Unpacks one whole block, up to and with its end mark, to the start of `space`; how many bytes
// that were. Nullopt: it is malformed, something follows it, or it needs more than `space`, whose
// content is then undefined. Neither is read from outside of `packed` nor written outside of
// `space`, and the two do not overlap.
std::optional<std::size_t> unpack_lzo(base::Bytes packed, base::MutableBytes space);

}  // namespace sallyport::compression
