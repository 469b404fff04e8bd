#include "io/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "base/parse_number.h"

namespace sallyport::io {
namespace {

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

UniqueFd connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path, or '@' for a name in the abstract namespace, whose first byte is zero.
  if (path.size() < 2 || path.size() >= sizeof address.sun_path) return {};
  std::ranges::copy(path, address.sun_path);
  if (path[0] == '@') address.sun_path[0] = 0;
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (!fd.valid() ||
      ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return {};
  }
  return fd;
}

}  // namespace

ServiceManager::ServiceManager() : fd_(connect_to(take_variable("NOTIFY_SOCKET"))) {
  const auto microseconds =
      base::parse_number<base::Duration::rep>(take_variable("WATCHDOG_USEC"), 1);
  const std::string process = take_variable("WATCHDOG_PID");
  if (!microseconds || (!process.empty() && process != std::to_string(::getpid()))) return;
  watchdog_ = base::Duration(*microseconds) / 2;
}

void ServiceManager::status(std::string_view text) {
  std::string message = "STATUS=" + std::string(text);
  std::ranges::replace(message, '\n', ' ');
  tell(message);
}

// What cannot be said at once is not said: a manager that does not listen must not hold us up.
void ServiceManager::tell(std::string_view message) {
  if (!fd_.valid()) return;
  [[maybe_unused]] const ssize_t sent =
      ::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL);
}

}  // namespace sallyport::io
