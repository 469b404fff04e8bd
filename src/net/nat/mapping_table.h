// Endpoint-independent mappings (RFC 4787 REQ-1): one outside port for all that a client sends from
// one address and port, to whomever. For UDP and ICMP; a TCP port is shared between flows to
// different remotes instead.
#pragma once

#include <cstdint>
#include <optional>

#include "net/nat/chunked_pool.h"
#include "net/nat/flow.h"
#include "net/nat/hash_index.h"
#include "net/nat/keyed_hash.h"

namespace sallyport::net {

struct MappingKey {
  ClientId client;
  FlowKind kind{};
  Endpoint inside;

  friend bool operator==(const MappingKey&, const MappingKey&) = default;
};

class MappingTable {
 public:
  explicit MappingTable(const KeyedHash& hash) : hash_(hash) {}

  // The mapping's port, with one more flow using it.
  std::optional<std::uint16_t> join(const MappingKey& key);
  // A new mapping with one flow using it. `key` has none yet.
  void open(const MappingKey& key, std::uint16_t outside_port);
  // One flow less; true when it was the last one and the port is free.
  [[nodiscard]] bool leave(const MappingKey& key);
  void clear();

  std::size_t size() const { return mappings_.size(); }

 private:
  struct Mapping {
    MappingKey key;
    std::uint16_t outside_port = 0;
    std::uint32_t flows = 0;
  };

  std::uint32_t hash_of(const MappingKey& key) const;
  std::optional<std::uint32_t> find(const MappingKey& key, std::uint32_t hash) const;

  KeyedHash hash_;
  ChunkedPool<Mapping> mappings_;
  HashIndex index_;
};

}  // namespace sallyport::net
