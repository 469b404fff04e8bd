#include "io/tcp_socket.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace sallyport::io {

Result<TcpSocket> TcpSocket::connect(const Endpoint& endpoint, const UplinkSocketOptions& options) {
  auto fd = connect_uplink_socket(SOCK_STREAM, endpoint, options);
  if (!fd) return std::unexpected(fd.error());
  return TcpSocket(std::move(*fd));
}

TcpSocket::TcpSocket(UniqueFd fd) : fd_(std::move(fd)) {
  // A packet must not wait for its neighbour.
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void TcpSocket::limit_sending(std::size_t bytes) {
  limit_ = bytes;
  const int value = static_cast<int>(bytes);
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value);
}

std::string TcpSocket::connection_error() const {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  return code == 0 ? std::string() : std::generic_category().message(code);
}

void TcpSocket::send(base::Bytes bytes) {
  if (!has_queued()) {
    queue_.clear();
    begin_ = 0;
    const ssize_t written = write(bytes);
    // An error that lasts shows in flush().
    if (written > 0) bytes = bytes.subspan(static_cast<std::size_t>(written));
  } else if (begin_ > kQueueLimit) {
    // Compacted now and then, so that a queue which never runs dry does not creep through memory.
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  queue_.insert(queue_.end(), bytes.begin(), bytes.end());
}

// The kernel itself holds to the limit only when it begins a segment, and that may be one of 64
// KiB.
ssize_t TcpSocket::write(base::Bytes bytes) {
  if (limit_) {
    int unsent = 0;
    if (::ioctl(fd_.get(), SIOCOUTQNSD, &unsent) == 0 && unsent >= 0) {
      const std::size_t room = *limit_ - std::min(*limit_, static_cast<std::size_t>(unsent));
      bytes = bytes.first(std::min(bytes.size(), room));
    }
    if (bytes.empty()) {
      errno = EAGAIN;
      return -1;
    }
  }
  return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

bool TcpSocket::flush() {
  while (has_queued()) {
    const base::Bytes rest = std::span(queue_).subspan(begin_);
    const ssize_t written = write(rest);
    if (written >= 0) {
      begin_ += static_cast<std::size_t>(written);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

TcpSocket::ReadOutcome TcpSocket::read(base::MutableBytes space, std::size_t& count) {
  for (;;) {
    const ssize_t received = ::recv(fd_.get(), space.data(), space.size(), 0);
    if (received > 0) {
      count = static_cast<std::size_t>(received);
      return ReadOutcome::kData;
    }
    if (received == 0) return ReadOutcome::kClosed;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return ReadOutcome::kNothing;
    if (errno != EINTR) return ReadOutcome::kClosed;
  }
}

}  // namespace sallyport::io
