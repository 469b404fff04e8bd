#include "io/control_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace sallyport::io {

Result<ControlClient> ControlClient::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return error("the path of the control socket is too long: " + path);
  std::ranges::copy(path, address.sun_path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error("no gateway answers at " + path);
  }
  return ControlClient(std::move(fd));
}

Result<void> ControlClient::send(std::string_view line) {
  std::string bytes(line);
  bytes += '\n';
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t count = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("the gateway does not listen");
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> ControlClient::send(std::string_view line, const UniqueFd& file) {
  // The file goes with the first byte; the rest of the line follows.
  const int number = file.get();
  char first = line.front();
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof number)> control{};
  iovec piece{&first, 1};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const part = CMSG_FIRSTHDR(&message);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof number);
  std::memcpy(CMSG_DATA(part), &number, sizeof number);
  if (::sendmsg(fd_.get(), &message, MSG_NOSIGNAL) != 1) {
    return system_error("the gateway does not listen");
  }
  return send(line.substr(1));
}

Result<std::string> ControlClient::receive() {
  for (;;) {
    if (const std::size_t end = received_.find('\n'); end != std::string::npos) {
      std::string line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return error("the gateway closed the control socket");
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace sallyport::io
