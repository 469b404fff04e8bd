// The flows of all clients: found from either side by one look-up, ordered by deadline, and in a
// ring per client and kind for when one of them has to go. How many there may be, and what becomes
// of packets, is net/nat/nat.h.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "net/nat/chunked_pool.h"
#include "net/nat/flow.h"
#include "net/nat/hash_index.h"
#include "net/nat/index_lists.h"
#include "net/nat/keyed_hash.h"
#include "net/nat/timer_wheel.h"

namespace sallyport::net {

// A flow as long as it lives; afterwards it names none. Worth keeping for the next packet of the
// same flow: it saves the look-up. Value-initialised it names none.
using FlowRef = ChunkedPool<Flow>::Ref;

// How a client's packets name a flow.
struct InsideKey {
  ClientId client;
  FlowKind kind{};
  Endpoint inside;
  Endpoint shown;

  bool names(const Flow& flow) const {
    return flow.client == client && flow.kind == kind && flow.inside == inside &&
           flow.shown == shown;
  }
};

// How packets from outside name it.
struct OutsideKey {
  FlowKind kind{};
  std::uint16_t outside_port = 0;
  Endpoint remote;

  bool names(const Flow& flow) const {
    return flow.kind == kind && flow.outside_port == outside_port && flow.remote == remote;
  }
};

class FlowTable {
 public:
  // Keys are hashed with `hash`. There are as many rings as `clients` times kFlowKinds.
  FlowTable(const KeyedHash& hash, std::uint32_t clients);

  std::optional<FlowRef> find(const InsideKey& key) const;
  std::optional<FlowRef> find(const OutsideKey& key) const;

  // Neither key names a flow yet. `client` is the number of the client's rings.
  FlowRef insert(const Flow& flow, std::uint32_t client, base::Instant now);
  void erase(FlowRef ref);
  void clear();

  bool is_live(FlowRef ref) const { return flows_.is_live(ref); }
  // The flow of a live reference. Its keys must not be changed. A deadline may be moved freely, but
  // one that is moved to an earlier time has to be told with deadline_shortened().
  Flow& operator[](FlowRef ref) { return flows_[ref.id]; }
  const Flow& operator[](FlowRef ref) const { return flows_[ref.id]; }
  void deadline_shortened(FlowRef ref, base::Instant now);

  // A flow past its deadline, which is then to be erased. Empty when there is none, or after
  // `looks` flows, which counts down, had to be looked at.
  std::optional<FlowRef> pop_expired(base::Instant now, std::size_t& looks);
  std::optional<base::Instant> next_deadline() const { return wheel_.next_deadline(); }

  // The flow in the client's ring of that kind that is missed least; see kSample. Empty for an
  // empty ring.
  std::optional<FlowRef> least_useful(std::uint32_t client, FlowKind kind);
  // Any flow of that ring.
  std::optional<FlowRef> first(std::uint32_t client, FlowKind kind) const;
  std::size_t count(std::uint32_t client, FlowKind kind) const;
  std::size_t size() const { return flows_.size(); }

  // Calls visit(FlowRef, const Flow&) for each flow. The visitor may erase that very flow.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (std::uint32_t id = 0; id < flows_.limit(); ++id) {
      if (flows_.is_live(id)) visit(flows_.ref(id), flows_[id]);
    }
  }

  // Aborts if the table contradicts itself. Looks at everything: for tests.
  void check_consistency() const;

 private:
  std::uint32_t hash_of(const InsideKey& key) const;
  std::uint32_t hash_of(const OutsideKey& key) const;

  KeyedHash hash_;
  ChunkedPool<Flow> flows_;
  HashIndex inside_;
  HashIndex outside_;
  TimerWheel wheel_;
  IndexLists rings_;
};

}  // namespace sallyport::net
