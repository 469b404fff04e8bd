#include "upward.h"

namespace sallyport::benchmark {

Upward::Upward(const Case& which)
    : case_(which), world_(which), first_(frame_of(0)), frames_(which.per_turn) {
  if (which.segment != 0) {
    offload_.gso = net::Gso::kTcp4;
    offload_.segment_size = static_cast<std::uint16_t>(which.segment);
  }
  // What a guest's kernel leaves to its card.
  offload_.needs_checksum = true;
}

Upward::Frame Upward::frame_of(std::size_t flow) const {
  return {world_.client_of(flow), PacketPathWorld::frame(testing::with_partial_checksum(
                                      world_.packet(world_.ends_of(flow), 0)))};
}

void Upward::prepare() {
  for (Frame& frame : frames_)
    frame = case_.flows == 1 ? first_ : frame_of(next_flow_++ % case_.flows);
  before_ = world_.router().to_outside();
}

void Upward::turn() {
  gateway::Router& router = world_.router();
  for (Frame& frame : frames_)
    router.handle_inside(world_.now(), frame.from, frame.bytes, offload_);
  world_.finish_turn();
}

Amount Upward::take_results() {
  const gateway::TrafficCounters& after = world_.router().to_outside();
  const Amount amount{after.packets - before_.packets, after.bytes - before_.bytes};
  const std::size_t segments =
      case_.segment == 0 ? 1 : (case_.payload + case_.segment - 1) / case_.segment;
  if (amount.packets != case_.per_turn * segments) fail("packets were lost on the way up");
  world_.clear();
  return amount;
}

}  // namespace sallyport::benchmark
