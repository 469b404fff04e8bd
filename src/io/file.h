#pragma once

#include <cstddef>
#include <string>

#include "base/secret.h"
#include "io/error.h"
#include "io/unique_fd.h"

namespace sallyport::io {

// The whole regular file at `path`, at most `limit` bytes; it may hold secrets, so its bytes live
// in wiped memory only.
Result<base::SecretBytes> read_file(const std::string& path, std::size_t limit);
// The same for one that somebody opened, from its beginning; `path` is for the error's text.
Result<base::SecretBytes> read_file(const UniqueFd& fd, const std::string& path, std::size_t limit);
// For reading, without waiting for anything.
Result<UniqueFd> open_file(const std::string& path);

}  // namespace sallyport::io
