#include "net/nat/flow_table.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace sallyport::net {
namespace {

// The two kinds of keys are hashed as different messages.
constexpr std::uint8_t kInsideTag = 0x80;

std::uint32_t ring_of(std::uint32_t client, FlowKind kind) {
  return client * kFlowKinds + std::to_underlying(kind);
}

InsideKey inside_key(const Flow& flow) {
  return {flow.client, flow.kind, flow.inside, flow.shown};
}

OutsideKey outside_key(const Flow& flow) {
  return {flow.kind, flow.outside_port, flow.remote};
}

// When a packet last passed.
base::Instant last_used(const Flow& flow) {
  return flow.deadline - flow.idle_timeout();
}

bool is_less_useful(const Flow& one, const Flow& other) {
  if (one.is_disposable() != other.is_disposable()) return one.is_disposable();
  return last_used(one) < last_used(other);
}

}  // namespace

FlowTable::FlowTable(const KeyedHash& hash, std::uint32_t clients)
    : hash_(hash), rings_(clients * kFlowKinds) {}

std::uint32_t FlowTable::hash_of(const InsideKey& key) const {
  const auto [inside_high, inside_low] = words_of(key.inside.address);
  const auto [shown_high, shown_low] = words_of(key.shown.address);
  const std::uint64_t rest = std::uint64_t{key.client.value()} << 32 |
                             std::uint64_t{key.inside.port} << 16 | key.shown.port;
  const auto tag = static_cast<std::uint8_t>(std::to_underlying(key.kind) | kInsideTag);
  return static_cast<std::uint32_t>(
      hash_(std::array{inside_high, inside_low, shown_high, shown_low, rest}, tag));
}

std::uint32_t FlowTable::hash_of(const OutsideKey& key) const {
  const auto [high, low] = words_of(key.remote.address);
  const std::uint64_t ports = std::uint64_t{key.outside_port} << 16 | key.remote.port;
  return static_cast<std::uint32_t>(
      hash_(std::array{high, low, ports}, std::to_underlying(key.kind)));
}

std::optional<FlowRef> FlowTable::find(const InsideKey& key) const {
  const auto id =
      inside_.find(hash_of(key), [&](std::uint32_t each) { return key.names(flows_[each]); });
  if (!id) return std::nullopt;
  return flows_.ref(*id);
}

std::optional<FlowRef> FlowTable::find(const OutsideKey& key) const {
  const auto id =
      outside_.find(hash_of(key), [&](std::uint32_t each) { return key.names(flows_[each]); });
  if (!id) return std::nullopt;
  return flows_.ref(*id);
}

FlowRef FlowTable::insert(const Flow& flow, std::uint32_t client, base::Instant now) {
  const std::uint32_t id = flows_.allocate();
  flows_[id] = flow;
  inside_.insert(hash_of(inside_key(flow)), id);
  outside_.insert(hash_of(outside_key(flow)), id);
  wheel_.schedule(id, flow.deadline, now);
  rings_.push_back(ring_of(client, flow.kind), id);
  return flows_.ref(id);
}

void FlowTable::erase(FlowRef ref) {
  CHECK(flows_.is_live(ref));
  const Flow& flow = flows_[ref.id];
  inside_.erase(hash_of(inside_key(flow)), ref.id);
  outside_.erase(hash_of(outside_key(flow)), ref.id);
  wheel_.cancel(ref.id);
  rings_.remove(ref.id);
  flows_.release(ref.id);
  wheel_.shrink(flows_.limit());
  rings_.shrink(flows_.limit());
}

void FlowTable::clear() {
  flows_.clear();
  inside_.clear();
  outside_.clear();
  wheel_.clear();
  rings_.clear();
}

void FlowTable::deadline_shortened(FlowRef ref, base::Instant now) {
  wheel_.cancel(ref.id);
  wheel_.schedule(ref.id, flows_[ref.id].deadline, now);
}

std::optional<FlowRef> FlowTable::pop_expired(base::Instant now, std::size_t& looks) {
  while (looks != 0) {
    --looks;
    const auto id = wheel_.pop_due(now);
    if (!id) return std::nullopt;
    wheel_.schedule(*id, flows_[*id].deadline, now);
    if (flows_[*id].deadline <= now) return flows_.ref(*id);
  }
  return std::nullopt;
}

std::optional<FlowRef> FlowTable::least_useful(std::uint32_t client, FlowKind kind) {
  // Enough for a choice that is seldom far from the very best, and a bound on the work for a client
  // with ten thousands of flows.
  constexpr std::size_t kSample = 16;
  const std::uint32_t ring = ring_of(client, kind);
  std::optional<std::uint32_t> best;
  const std::size_t looks = std::min<std::size_t>(kSample, rings_.size(ring));
  for (std::size_t i = 0; i < looks; ++i) {
    const std::uint32_t id = *rings_.front(ring);
    if (!best || is_less_useful(flows_[id], flows_[*best])) best = id;
    // Whoever is looked at goes to the end, so that the next look is at others.
    rings_.remove(id);
    rings_.push_back(ring, id);
  }
  if (!best) return std::nullopt;
  return flows_.ref(*best);
}

std::optional<FlowRef> FlowTable::first(std::uint32_t client, FlowKind kind) const {
  const auto id = rings_.front(ring_of(client, kind));
  if (!id) return std::nullopt;
  return flows_.ref(*id);
}

std::size_t FlowTable::count(std::uint32_t client, FlowKind kind) const {
  return rings_.size(ring_of(client, kind));
}

void FlowTable::check_consistency() const {
  CHECK(inside_.size() == flows_.size() && outside_.size() == flows_.size());
  for_each([this](FlowRef ref, const Flow& flow) {
    CHECK(find(inside_key(flow)) == ref);
    CHECK(find(outside_key(flow)) == ref);
    CHECK(rings_.list_of(ref.id).has_value());
  });
}

}  // namespace sallyport::net
