#include "openvpn/server/address_pool.h"

#include <algorithm>

#include "base/endian.h"
#include "crypto/digest.h"

namespace sallyport::openvpn {
namespace {

base::IpAddress mask_of(unsigned length) {
  return base::IpAddress::v4(length == 0 ? 0 : ~std::uint32_t{0} << (32 - length));
}

}  // namespace

std::set<base::IpAddress> fixed_addresses(const ServerConfig& config) {
  std::set<base::IpAddress> fixed;
  for (const auto& [name, client] : config.clients) {
    if (client.address) fixed.insert(*client.address);
    if (client.address6) fixed.insert(*client.address6);
  }
  return fixed;
}

AddressPool::AddressPool(const PoolOptions& options, Topology topology)
    : options_(options), topology_(topology) {
  taken_.insert(options_.own);
  if (options_.network6) taken_.insert(options_.own6);
  const base::IpPrefix& network = options_.network;
  const std::uint32_t base = network.address().v4_value();
  const std::uint32_t size = std::uint32_t{1} << (32 - network.length());
  for (const std::uint32_t nobodys : {base, base + size - 1})
    taken_.insert(base::IpAddress::v4(nobodys));
  // The other end of our own link.
  if (topology_ != Topology::kSubnet)
    taken_.insert(base::IpAddress::v4(options_.own.v4_value() + 1));
}

std::size_t AddressPool::capacity() const {
  if (options_.first > options_.last) return 0;
  const std::size_t places = (options_.last - options_.first) / step() + 1;
  return options_.network6 ? std::min<std::size_t>(places, options_.size6) : places;
}

ClientAddresses AddressPool::of(std::uint32_t v4) const {
  ClientAddresses addresses;
  // Of the four of net30: the network's, our end, the client's, the broadcast's.
  const bool net30 = topology_ == Topology::kNet30;
  addresses.v4 = base::IpAddress::v4(net30 ? v4 + 2 : v4);
  switch (topology_) {
    case Topology::kNet30:
      addresses.second = base::IpAddress::v4(v4 + 1);
      break;
    case Topology::kP2p:
      addresses.second = options_.own;
      break;
    case Topology::kSubnet:
      addresses.second = mask_of(options_.network.length());
      break;
  }
  if (options_.network6) addresses.v6 = v6_for(v4);
  return addresses;
}

// The same place in both pools.
base::IpAddress AddressPool::v6_for(std::uint32_t v4) const {
  auto bytes = options_.first6.bytes();
  base::store_u64(bytes, 8, base::load_u64(bytes, 8) + (v4 - options_.first) / step());
  return base::IpAddress::v6(bytes);
}

std::optional<ClientAddresses> AddressPool::take(std::string_view name, const ClientConfig* fixed) {
  if (fixed != nullptr && fixed->address) {
    ClientAddresses addresses{*fixed->address, fixed->second.value_or(mask_of(32)), {}};
    if (topology_ == Topology::kSubnet && !fixed->second)
      addresses.second = mask_of(options_.network.length());
    addresses.v6 = fixed->address6;
    const std::uint32_t v4 = addresses.v4.v4_value();
    const bool in_pool = v4 >= options_.first && v4 - options_.first < capacity();
    if (!addresses.v6 && options_.network6 && in_pool && topology_ != Topology::kNet30)
      addresses.v6 = v6_for(v4);
    return reserve(addresses) ? std::optional(addresses) : std::nullopt;
  }
  const auto fixed6 = fixed != nullptr ? fixed->address6 : std::nullopt;
  if (fixed6 && taken_.contains(*fixed6)) return std::nullopt;
  bool& full = fixed6 ? full_beside_fixed6_ : full_;
  const std::size_t places = capacity();
  if (full || places == 0) return std::nullopt;
  const auto hash = crypto::sha256(base::bytes_of(name));
  const std::size_t start = base::load_big<std::uint64_t>(hash, 0) % places;
  for (std::size_t i = 0; i < places; ++i) {
    const auto place = static_cast<std::uint32_t>((start + i) % places);
    ClientAddresses addresses = of(options_.first + place * step());
    if (fixed_.contains(addresses.v4) || (addresses.v6 && fixed_.contains(*addresses.v6))) continue;
    if (fixed6) addresses.v6 = fixed6;
    if (reserve(addresses)) return addresses;
  }
  full = true;
  return std::nullopt;
}

bool AddressPool::reserve(const ClientAddresses& addresses) {
  if (taken_.contains(addresses.v4) || (addresses.v6 && taken_.contains(*addresses.v6)))
    return false;
  taken_.insert(addresses.v4);
  if (addresses.v6) taken_.insert(*addresses.v6);
  return true;
}

void AddressPool::give_back(const ClientAddresses& addresses) {
  taken_.erase(addresses.v4);
  if (addresses.v6) taken_.erase(*addresses.v6);
  full_ = full_beside_fixed6_ = false;
}

void AddressPool::keep_for_owners(std::set<base::IpAddress> fixed) {
  fixed_ = std::move(fixed);
  full_ = full_beside_fixed6_ = false;
}

}  // namespace sallyport::openvpn
