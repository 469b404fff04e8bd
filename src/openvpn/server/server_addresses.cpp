// The tunnel's networks, and what of them is handed out, as OpenVPN 2.6 makes it of `server`,
// `server-ipv6` and the longer words that they stand for.
#include <algorithm>

#include "base/endian.h"
#include "openvpn/server/server_assembler.h"

namespace sallyport::openvpn {
namespace {

// Where OpenVPN's server-ipv6 begins to hand out: after P::1, its own.
constexpr std::uint32_t kFirstHost6 = 0x1000, kFirstHostOfSmall6 = 2;
constexpr unsigned kSmallNetwork6 = 112;

// How many addresses there are from `first` to the end of its network.
std::uint32_t count_to_end(const base::IpAddress& first, unsigned length) {
  const std::uint64_t hosts = ~std::uint64_t{0} >> (length - 64);
  const std::uint64_t behind = hosts - (base::load_u64(first.bytes(), 8) & hosts);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(behind, UINT32_MAX - 1)) + 1;
}

class AddressAssembler {
 public:
  AddressAssembler(ServerDraft& draft, ProfileReport& report)
      : draft_(draft), config_(draft.config), report_(report) {}

  // Our own address is the first; the pool are those behind it.
  void assemble() {
    if (draft_.server_network) {
      pool_.network = *draft_.server_network;
      pool_.own = base::IpAddress::v4(pool_.network.address().v4_value() + 1);
    } else if (draft_.ifconfig) {
      const auto length = base::netmask_length(draft_.ifconfig->second);
      if (config_.topology != Topology::kSubnet || !length)
        return refuse("ifconfig", "without 'server' it needs 'topology subnet' and a netmask");
      pool_.network = base::IpPrefix(draft_.ifconfig->local, *length);
      pool_.own = draft_.ifconfig->local;
    } else {
      return report_.blame(std::nullopt, "server",
                           "nothing says which addresses the tunnel has: write 'server'");
    }
    finish_pool();
    finish_network6();
    finish_pool6();
    finish_routes();
    config_.pool = pool_;
    push_addresses();
  }

 private:
  void refuse(std::string_view option, std::string reason) {
    report_.blame(draft_.shared.line_of(option), option, std::move(reason));
  }

  void finish_pool() {
    const std::uint32_t base = pool_.network.address().v4_value();
    const std::uint32_t size = std::uint32_t{1} << (32 - pool_.network.length());
    // The first four of net30 are our own; the last address is the broadcast's.
    const bool net30 = config_.topology == Topology::kNet30;
    pool_.first = base + (net30 ? 4 : 2);
    pool_.last = base + size - (net30 ? 5 : 2);
    // As OpenVPN's pool_end_reserve: a /29 has no four to spare, and one client.
    if (net30 && size == 8) pool_.last = base + size - 1;
    if (!draft_.pool) {
      if (draft_.no_pool) return refuse("ifconfig-pool", "'nopool' needs one");
      if (pool_.first > pool_.last)
        refuse("server", "the network has no address left for a client");
      return;
    }
    if (!pool_.network.contains(draft_.pool->first) || !pool_.network.contains(draft_.pool->second))
      return refuse("ifconfig-pool", "it is not within the tunnel's network");
    pool_.first = draft_.pool->first.v4_value();
    pool_.last = draft_.pool->second.v4_value();
    if (!net30) return;
    // The fours of net30 stand where OpenVPN has them, and none is cut by the end of the pool.
    pool_.first &= ~std::uint32_t{3};
    pool_.last |= 3;
  }

  void finish_network6() {
    if (draft_.server_network6) {
      auto bytes = draft_.server_network6->address().bytes();
      bytes[15] |= 1;
      pool_.network6 = *draft_.server_network6;
      pool_.own6 = base::IpAddress::v6(bytes);
    } else if (draft_.ifconfig6) {
      pool_.network6 = base::IpPrefix(draft_.ifconfig6->first, draft_.ifconfig6->second);
      pool_.own6 = draft_.ifconfig6->first;
    }
  }

  void finish_pool6() {
    constexpr std::string_view kOption = "ifconfig-ipv6-pool";
    if (draft_.pool6) {
      if (draft_.server_network6) return refuse(kOption, "'server-ipv6' has one already");
      if (!pool_.network6) return refuse(kOption, "it needs 'ifconfig-ipv6'");
      const auto& [first, length] = *draft_.pool6;
      if (!pool_.network6->contains(first) || length < pool_.network6->length())
        return refuse(kOption, "it is not within the network of ifconfig-ipv6");
      pool_.first6 = first;
      pool_.size6 = count_to_end(first, length);
    } else if (pool_.network6) {
      const unsigned length = pool_.network6->length();
      auto bytes = pool_.network6->address().bytes();
      bytes[14] |= length < kSmallNetwork6 ? kFirstHost6 >> 8 : 0;
      bytes[15] |= length < kSmallNetwork6 ? 0 : kFirstHostOfSmall6;
      pool_.first6 = base::IpAddress::v6(bytes);
      pool_.size6 = count_to_end(pool_.first6, length);
    }
  }

  void finish_routes() {
    for (const GatewayLine& gateway : draft_.gateways) {
      const bool inside = pool_.network.contains(gateway.address) ||
                          (pool_.network6 && pool_.network6->contains(gateway.address));
      if (inside) continue;
      report_.blame(gateway.line, "route",
                    "routes lead into the tunnel only: the gateway is no address in it");
    }
    // The kernel has those of the addresses themselves, and takes none twice.
    auto& routes = config_.routes;
    std::erase_if(routes, [&](const base::IpPrefix& route) {
      return route == pool_.network || route == pool_.network6;
    });
    std::ranges::sort(routes, {}, [](const base::IpPrefix& route) {
      return std::pair(route.address(), route.length());
    });
    routes.erase(std::ranges::unique(routes).begin(), routes.end());
  }

  void push_addresses() {
    std::vector<std::string> first;
    switch (config_.topology) {
      case Topology::kSubnet:
        first = {"topology subnet", "route-gateway " + pool_.own.to_string()};
        break;
      case Topology::kP2p:
        first = {"topology p2p"};
        break;
      case Topology::kNet30:
        first = {"topology net30", "route " + pool_.own.to_string()};
        if (config_.client_to_client) {
          const base::IpAddress mask =
              base::IpAddress::v4(~std::uint32_t{0} << (32 - pool_.network.length()));
          first[1] = "route " + pool_.network.address().to_string() + " " + mask.to_string();
        }
        break;
    }
    config_.push.insert(config_.push.begin(), first.begin(), first.end());
  }

  ServerDraft& draft_;
  ServerConfig& config_;
  ProfileReport& report_;
  PoolOptions pool_;
};

}  // namespace

void assemble_addresses(ServerDraft& draft, ProfileReport& report) {
  AddressAssembler(draft, report).assemble();
}

}  // namespace sallyport::openvpn
