// A gateway with its clients, rules and open flows, connected to the simulation's server; what both
// directions of the benchmark start from.
#pragma once

#include <cstdint>
#include <vector>

#include "case.h"
#include "gateway_world.h"
#include "packet_builder.h"

namespace sallyport::benchmark {

class PacketPathWorld {
 public:
  explicit PacketPathWorld(const Case& which);

  gateway::Gateway& gateway() { return world_.gateway(); }
  gateway::Router& router() { return world_.gateway().router(); }
  sim::ScriptedServer& server() { return world_.server(); }
  base::Now now() const { return world_.now(); }

  net::ClientId client_of(std::size_t flow) const { return clients_[flow % clients_.size()]; }
  // As the client sees it.
  testing::Ends ends_of(std::size_t flow) const;
  // The tunnel's end, as the far side sees it.
  testing::Ends outside_ends_of(std::size_t flow) const;

  // A packet of the case in one flow; those of a bulk transfer follow each other by `number`.
  testing::ByteVector packet(const testing::Ends& ends, std::size_t number) const;
  static testing::ByteVector frame(const testing::ByteVector& packet);

  // The end of a turn as the daemon's loop has it, but for what moves bytes.
  void finish_turn();
  // Both batches are handed over.
  void clear();

 private:
  void add_client(std::size_t index);
  void open_flow(std::size_t flow);

  const Case& case_;
  sim::GatewayWorld world_;
  std::vector<net::ClientId> clients_;
  std::vector<std::uint16_t> outside_ports_;  // by client
};

// So that nobody measures what does not work.
[[noreturn]] void fail(const char* what);

}  // namespace sallyport::benchmark
