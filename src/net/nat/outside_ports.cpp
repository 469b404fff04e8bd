#include "net/nat/outside_ports.h"

#include <utility>

#include "base/check.h"

namespace sallyport::net {
namespace {

MappingKey mapping_key(const Flow& flow) {
  return {flow.client, flow.kind, flow.inside};
}

std::size_t pool_number(FlowKind kind) {
  CHECK(!is_tcp(kind));
  return std::to_underlying(kind) - std::size_t{std::to_underlying(FlowKind::kUdp4)};
}

}  // namespace

PortPool& OutsidePorts::pool(FlowKind kind) {
  return pools_[pool_number(kind)];
}

std::optional<std::uint16_t> OutsidePorts::take(std::uint32_t client, const Flow& flow,
                                                const FlowTable& flows, base::Rng& rng,
                                                std::optional<std::uint16_t> wanted) {
  if (is_tcp(flow.kind)) {
    return PortSpace::find(client, rng, wanted, [&](std::uint16_t port) {
      return !flows.find(OutsideKey{flow.kind, port, flow.remote});
    });
  }
  if (flow.is_redirected()) return pool(flow.kind).take(client, rng, wanted);
  if (const auto port = mappings_.join(mapping_key(flow))) return port;
  const auto port = pool(flow.kind).take(client, rng, wanted);
  if (port) mappings_.open(mapping_key(flow), *port);
  return port;
}

void OutsidePorts::give_back(const Flow& flow) {
  if (is_tcp(flow.kind)) return;
  if (flow.is_redirected() || mappings_.leave(mapping_key(flow))) {
    pool(flow.kind).give_back(flow.outside_port);
  }
}

void OutsidePorts::clear() {
  mappings_.clear();
  for (PortPool& each : pools_) each.clear();
}

void OutsidePorts::check_consistency(const FlowTable& flows) const {
  std::size_t unmapped = 0;
  flows.for_each([&](FlowRef, const Flow& flow) {
    if (is_tcp(flow.kind)) return;
    CHECK(pools_[pool_number(flow.kind)].is_used(flow.outside_port));
    if (flow.is_redirected()) ++unmapped;
  });
  std::size_t used = 0;
  for (const PortPool& each : pools_) used += each.used();
  CHECK(used == mappings_.size() + unmapped);
}

}  // namespace sallyport::net
