#include "net/nat/mapping_table.h"

#include <array>

#include "base/check.h"

namespace sallyport::net {

std::uint32_t MappingTable::hash_of(const MappingKey& key) const {
  const auto [high, low] = words_of(key.inside.address);
  const std::uint64_t rest = std::uint64_t{key.client.value()} << 16 | key.inside.port;
  return static_cast<std::uint32_t>(
      hash_(std::array{high, low, rest}, static_cast<std::uint8_t>(key.kind)));
}

std::optional<std::uint32_t> MappingTable::find(const MappingKey& key, std::uint32_t hash) const {
  return index_.find(hash, [&](std::uint32_t id) { return mappings_[id].key == key; });
}

std::optional<std::uint16_t> MappingTable::join(const MappingKey& key) {
  const auto id = find(key, hash_of(key));
  if (!id) return std::nullopt;
  ++mappings_[*id].flows;
  return mappings_[*id].outside_port;
}

void MappingTable::open(const MappingKey& key, std::uint16_t outside_port) {
  const std::uint32_t id = mappings_.allocate();
  mappings_[id] = {.key = key, .outside_port = outside_port, .flows = 1};
  index_.insert(hash_of(key), id);
}

bool MappingTable::leave(const MappingKey& key) {
  const std::uint32_t hash = hash_of(key);
  const auto id = find(key, hash);
  CHECK(id.has_value());
  if (--mappings_[*id].flows != 0) return false;
  index_.erase(hash, *id);
  mappings_.release(*id);
  return true;
}

void MappingTable::clear() {
  mappings_.clear();
  index_.clear();
}

}  // namespace sallyport::net
