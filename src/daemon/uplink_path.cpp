#include "daemon/uplink_path.h"

#include <net/if.h>

#include <chrono>
#include <utility>

#include "io/uplink_socket.h"

namespace sallyport::daemon {
namespace {

// An interface, its address and its routes come one after the other.
constexpr base::Duration kSettleTime = std::chrono::milliseconds(200);
// RFC 5737; the port is discard.
constexpr std::uint32_t kNobody = 0xc0000201;
constexpr std::uint16_t kDiscard = 9;

}  // namespace

io::Result<std::unique_ptr<UplinkPath>> UplinkPath::open(io::EventLoop& loop, std::string interface,
                                                         std::function<void()> changed) {
  std::unique_ptr<UplinkPath> made(new UplinkPath(loop, std::move(interface), std::move(changed)));
  UplinkPath& path = *made;
  // From the first change on: a network that never ceases to change is looked at all the same.
  auto watch = io::NetworkWatch::open(loop, [&path] {
    if (!std::exchange(path.settling_, true)) path.settle_.set(kSettleTime);
  });
  if (!watch) return std::unexpected(watch.error());
  made->watch_ = std::move(*watch);
  return made;
}

UplinkPath::UplinkPath(io::EventLoop& loop, std::string interface, std::function<void()> changed)
    : interface_(std::move(interface)),
      changed_(std::move(changed)),
      server_{base::IpAddress::v4(kNobody), kDiscard},
      settle_(loop, [this] { look(); }) {
  way_ = way_now();
}

void UplinkPath::use(const io::Endpoint& server) {
  server_ = server;
  way_ = way_now();
}

// A connected UDP socket knows; nothing is sent.
std::optional<UplinkPath::Way> UplinkPath::way_now() const {
  const auto probe = io::connect_uplink_socket(SOCK_DGRAM, server_, {interface_, std::nullopt});
  if (!probe) return std::nullopt;
  const auto local = io::local_address(*probe);
  if (!local) return std::nullopt;
  return Way{interface_.empty() ? 0 : ::if_nametoindex(interface_.c_str()), *local};
}

void UplinkPath::look() {
  settling_ = false;
  const auto now = way_now();
  // Without any way there is nothing to be done; the session may outlive the gap.
  if (!now || now == way_) return;
  way_ = now;
  changed_();
}

}  // namespace sallyport::daemon
