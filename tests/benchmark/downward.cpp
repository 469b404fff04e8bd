#include "downward.h"

namespace sallyport::benchmark {
namespace {

// A packet is delivered, or a later one has said all that it said.
std::uint64_t arrived(const gateway::Router& router) {
  return router.from_outside().packets + router.refused()[gateway::Refusal::kOutsideSuperseded];
}

}  // namespace

void Downward::prepare() {
  bytes_.clear();
  sizes_.clear();
  sent_ = {};
  for (std::size_t i = 0; i < case_.per_turn; ++i, ++next_) {
    const auto packet = world_.packet(world_.outside_ends_of(next_ % case_.flows), next_);
    world_.server().send_data(base::text_of(packet));
    const auto sealed = world_.server().poll_packet(world_.now());
    if (!sealed) fail("the server seals nothing");
    bytes_.insert(bytes_.end(), sealed->begin(), sealed->end());
    sizes_.push_back(sealed->size());
    sent_ += {1, packet.size()};
  }
  arrived_before_ = arrived(world_.router());
}

void Downward::turn() {
  base::MutableBytes rest = bytes_;
  for (const std::size_t size : sizes_) {
    world_.gateway().handle_packet(world_.now(), rest.first(size));
    rest = rest.subspan(size);
  }
  world_.finish_turn();
}

Amount Downward::take_results() {
  if (arrived(world_.router()) - arrived_before_ != sent_.packets)
    fail("packets were lost on the way down");
  world_.clear();
  return sent_;
}

}  // namespace sallyport::benchmark
