#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sallyport::io {

Result<UniqueFd> open_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return system_error("cannot open " + path);
  return fd;
}

Result<base::SecretBytes> read_file(const std::string& path, std::size_t limit) {
  const auto fd = open_file(path);
  if (!fd) return std::unexpected(fd.error());
  return read_file(*fd, path, limit);
}

Result<base::SecretBytes> read_file(const UniqueFd& fd, const std::string& path,
                                    std::size_t limit) {
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return system_error("cannot look at " + path);
  if (!S_ISREG(status.st_mode)) return error(path + " is not a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > limit) return error(path + " is larger than " + std::to_string(limit) + " bytes");
  base::SecretBytes content(size);
  for (std::size_t done = 0; done < size;) {
    const base::MutableBytes rest = content.reveal_mutable().subspan(done);
    const ssize_t count = ::pread(fd.get(), rest.data(), rest.size(), static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("cannot read " + path);
    if (count == 0) return error(path + " changed while it was read");
    done += static_cast<std::size_t>(count);
  }
  return content;
}

}  // namespace sallyport::io
