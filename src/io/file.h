#pragma once

#include <cstddef>
#include <string>

#include "base/secret.h"
#include "io/error.h"

namespace sallyport::io {

// The whole regular file at `path`, at most `limit` bytes; it may hold secrets, so its bytes live
// in wiped memory only.
Result<base::SecretBytes> read_file(const std::string& path, std::size_t limit);

}  // namespace sallyport::io
