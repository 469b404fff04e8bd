#pragma once

#include "base/bytes.h"

namespace sallyport::crypto {

// True when both have the same length and content; the time taken depends on the length only.
[[nodiscard]] bool constant_time_equal(base::Bytes one, base::Bytes other);

}  // namespace sallyport::crypto
