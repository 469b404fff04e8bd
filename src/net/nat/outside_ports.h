// Which port stands for a flow on the tunnel's address. UDP and ICMP: one for each endpoint of a
// client, whomever it talks to (RFC 4787 REQ-1, RFC 5508 REQ-1). TCP: any that no other flow to the
// same remote has, so that TCP does not use ports up. A redirected UDP flow has a port of its own:
// what its client also sends to the real destination would look the same from outside.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/rng.h"
#include "net/nat/flow.h"
#include "net/nat/flow_table.h"
#include "net/nat/mapping_table.h"
#include "net/nat/port_pool.h"

namespace sallyport::net {

class OutsidePorts {
 public:
  explicit OutsidePorts(const KeyedHash& hash) : mappings_(hash) {}

  // The port for a new flow of client number `client`; empty when it finds none. `flows` are those
  // there are. `wanted`, which the client has just given up, is tried first where there is a
  // choice.
  std::optional<std::uint16_t> take(std::uint32_t client, const Flow& flow, const FlowTable& flows,
                                    base::Rng& rng,
                                    std::optional<std::uint16_t> wanted = std::nullopt);

  // The flow, with what take() gave as its outside port, is no more.
  void give_back(const Flow& flow);
  void clear();

  // Aborts unless exactly the ports of `flows` are in use.
  void check_consistency(const FlowTable& flows) const;

 private:
  PortPool& pool(FlowKind kind);

  MappingTable mappings_;
  // For UDP and ICMP of both families.
  std::array<PortPool, 4> pools_;
};

}  // namespace sallyport::net
