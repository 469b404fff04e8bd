#include "net/nat/port_pool.h"

#include "base/check.h"

namespace sallyport::net {

std::optional<std::uint16_t> PortPool::take(std::uint32_t client, base::Rng& rng,
                                            std::optional<std::uint16_t> wanted) {
  const auto is_free = [this](std::uint16_t port) { return !used_[port]; };
  const auto port = PortSpace::find(client, rng, wanted, is_free);
  if (!port) return std::nullopt;
  used_.set(*port);
  ++count_;
  return port;
}

void PortPool::give_back(std::uint16_t port) {
  CHECK(used_[port]);
  used_.reset(port);
  --count_;
}

}  // namespace sallyport::net
