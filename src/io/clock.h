#pragma once

#include "base/time.h"

namespace sallyport::io {

// The only place where Sallyport reads a clock: once per wake-up, then passed on as a value. The
// monotonic part counts through suspend, so that a resumed machine sees its timeouts as passed.
base::Now read_clock();

}  // namespace sallyport::io
