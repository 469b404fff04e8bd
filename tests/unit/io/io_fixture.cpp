#include "io_fixture.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/check.h"
#include "io/endpoint.h"

namespace sallyport::io {
namespace {

bool bring_loopback_up() {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::ranges::copy(std::string_view("lo"), request.ifr_name);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ::ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0;
}

}  // namespace

bool enter_own_network() {
  static const bool entered = ::unshare(CLONE_NEWNET) == 0 && bring_loopback_up();
  return entered;
}

bool run_until(EventLoop& loop, const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  bool holds = false;
  Timer tick(loop, [&] {
    holds = condition();
    if (holds || std::chrono::steady_clock::now() > end) return loop.stop();
    tick.set(std::chrono::milliseconds(1));
  });
  tick.set(base::Duration::zero());
  loop.run();
  return holds;
}

UniqueFd loopback_socket(int type) {
  enter_own_network();
  UniqueFd fd(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const SocketAddress address = to_socket_address({base::IpAddress::v4(0x7f000001), 0});
  CHECK(fd.valid() && ::bind(fd.get(), address.get(), address.length) == 0);
  if (type == SOCK_STREAM) CHECK(::listen(fd.get(), 8) == 0);
  return fd;
}

std::uint16_t port_of(const UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  CHECK(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

}  // namespace sallyport::io
