#include "openvpn/server/address_pool.h"

#include "base/endian.h"
#include "crypto/digest.h"

namespace sallyport::openvpn {
namespace {

// Where OpenVPN's server-ipv6 begins to hand out: after P::1, its own.
constexpr std::uint32_t kFirstHost6 = 0x1000;

base::IpAddress mask_of(unsigned length) {
  return base::IpAddress::v4(length == 0 ? 0 : ~std::uint32_t{0} << (32 - length));
}

}  // namespace

AddressPool::AddressPool(const PoolOptions& options, Topology topology)
    : options_(options), topology_(topology) {}

std::size_t AddressPool::capacity() const {
  return (options_.last - options_.first) / step() + 1;
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
  auto bytes = options_.network6->address().bytes();
  const std::uint32_t host = kFirstHost6 + (v4 - options_.first) / step();
  base::store_u32(bytes, 12, base::load_u32(bytes, 12) | host);
  return base::IpAddress::v6(bytes);
}

std::optional<ClientAddresses> AddressPool::take(std::string_view name, const ClientConfig* fixed) {
  if (fixed != nullptr && fixed->address) {
    ClientAddresses addresses{*fixed->address, fixed->second.value_or(mask_of(32)), {}};
    if (topology_ == Topology::kSubnet && !fixed->second)
      addresses.second = mask_of(options_.network.length());
    addresses.v6 = fixed->address6;
    if (!addresses.v6 && options_.network6 && options_.network.contains(addresses.v4) &&
        addresses.v4.v4_value() >= options_.first && topology_ != Topology::kNet30) {
      addresses.v6 = v6_for(addresses.v4.v4_value());
    }
    return reserve(addresses) ? std::optional(addresses) : std::nullopt;
  }
  const auto fixed6 = fixed != nullptr ? fixed->address6 : std::nullopt;
  if (fixed6 && taken_.contains(*fixed6)) return std::nullopt;
  const std::size_t places = capacity();
  const auto hash = crypto::sha256(base::bytes_of(name));
  const std::size_t start = base::load_big<std::uint64_t>(hash, 0) % places;
  for (std::size_t i = 0; i < places; ++i) {
    const auto place = static_cast<std::uint32_t>((start + i) % places);
    ClientAddresses addresses = of(options_.first + place * step());
    if (fixed6) addresses.v6 = fixed6;
    if (reserve(addresses)) return addresses;
  }
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
}

}  // namespace sallyport::openvpn
