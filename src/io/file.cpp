#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace sallyport::io {
namespace {

constexpr mode_t kOwnerOnly = 0600;

Result<void> write_all(const UniqueFd& fd, const std::string& path, base::Bytes content) {
  while (!content.empty()) {
    const ssize_t count = ::write(fd.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("cannot write " + path);
    content = content.subspan(static_cast<std::size_t>(count));
  }
  if (::fsync(fd.get()) != 0) return system_error("cannot write " + path);
  return {};
}

Result<void> write_new_file(const std::string& path, base::Bytes content) {
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kOwnerOnly));
  if (!fd.valid()) return system_error("cannot create " + path);
  auto written = write_all(fd, path, content);
  if (!written) ::unlink(path.c_str());
  return written;
}

}  // namespace

Result<void> write_secret_file(const std::string& path, base::Bytes content, Existing existing) {
  if (existing == Existing::kKept) return write_new_file(path, content);
  const std::string fresh = path + ".new";
  if (auto written = write_new_file(fresh, content); !written) return written;
  if (::rename(fresh.c_str(), path.c_str()) == 0) return {};
  auto failed = system_error("cannot replace " + path);
  ::unlink(fresh.c_str());
  return failed;
}

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
