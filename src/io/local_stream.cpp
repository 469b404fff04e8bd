#include "io/local_stream.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>

namespace sallyport::io {

Result<LocalStream> LocalStream::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return error("the path of the socket is too long: " + path);
  std::ranges::copy(path, address.sun_path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // A Unix socket connects or refuses; it has no handshake to wait for.
  if (!fd.valid() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("cannot connect to " + path);
  }
  return LocalStream(std::move(fd));
}

bool LocalStream::send(base::Bytes bytes) {
  return unsent_.add(bytes) && flush();
}

bool LocalStream::flush() {
  while (has_unsent()) {
    const base::Bytes rest = unsent_.waiting();
    const ssize_t written = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (written >= 0) {
      unsent_.sent(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::optional<std::size_t> LocalStream::read(base::MutableBytes space) {
  for (;;) {
    const ssize_t received = ::recv(fd_.get(), space.data(), space.size(), 0);
    if (received > 0) return static_cast<std::size_t>(received);
    if (received == 0) return std::nullopt;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return std::nullopt;
  }
}

}  // namespace sallyport::io
