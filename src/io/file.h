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
// What becomes of a file that is there already.
enum class Existing { kKept, kReplaced };
// Writes a file that only its owner can read, whole or not at all. With kKept, a file (or link)
// that is there is an error.
Result<void> write_secret_file(const std::string& path, base::Bytes content, Existing existing);
// For reading, without waiting for anything.
Result<UniqueFd> open_file(const std::string& path);

}  // namespace sallyport::io
