// The files that a profile names. They stand beside it; this layer reads none itself.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace sallyport::openvpn {

// A revocation list of 10,000 certificates is about 400 KiB.
inline constexpr std::size_t kMaxBundledFileSize = 1024 * 1024;

class ProfileFiles {
 public:
  virtual ~ProfileFiles() = default;
  // The content of the file called `file_name` in the profile's own directory. The name has no '/'
  // and is neither "." nor "..". The error is a clause ("no such file"); a file larger than
  // kMaxBundledFileSize is an error too.
  virtual std::expected<base::SecretBytes, std::string> read(std::string_view file_name) = 0;
  // True: read() takes any path as it is written.
  virtual bool takes_paths() const { return false; }
};

// The last component of a path as written in a profile, with / or \ between its parts. Empty when
// it names no file.
std::string_view file_name_of(std::string_view path);

// Reads the file that `path` ends in, or the one at `path` where files take paths, without a byte
// order mark. The error says what the user can do.
std::expected<base::SecretBytes, std::string> read_beside(ProfileFiles& files,
                                                          std::string_view path);

}  // namespace sallyport::openvpn
