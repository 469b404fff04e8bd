#include "net/nat/port_pool.h"

#include "base/check.h"

namespace sallyport::net {

std::optional<std::uint16_t> PortPool::take(std::uint32_t client, base::Rng& rng) {
  const auto port =
      PortSpace::find(client, rng, [this](std::uint16_t each) { return !used_[each]; });
  if (port) used_.set(*port);
  return port;
}

void PortPool::give_back(std::uint16_t port) {
  CHECK(used_[port]);
  used_.reset(port);
}

}  // namespace sallyport::net
