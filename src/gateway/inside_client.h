// One client of the gateway: who it is allowed to be, and what it has sent and been sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/counter_set.h"
#include "base/ip_address.h"
#include "gateway/refusal.h"
#include "net/ethernet.h"
#include "net/mac_address.h"
#include "net/nat/flow.h"
#include "net/rate_limit.h"

namespace sallyport::gateway {

// The hardware address under which every client sees its gateway, as in Qubes.
inline constexpr net::MacAddress kGatewayMac(net::MacAddress::Octets{0xfe, 0xff, 0xff, 0xff, 0xff,
                                                                     0xff});

struct ClientSetup {
  std::string name;  // of the link, for status
  net::MacAddress mac;
  // By these Qubes knows it.
  base::IpAddress v4;
  std::optional<base::IpAddress> v6;
};

struct TrafficCounters {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t more_packets, std::uint64_t more_bytes) {
    packets += more_packets;
    bytes += more_bytes;
  }
};

class InsideClient {
 public:
  InsideClient(net::ClientId id, ClientSetup setup);

  net::ClientId id() const { return id_; }
  const ClientSetup& setup() const { return setup_; }
  bool is_known_as(const base::IpAddress& address) const {
    return address == setup_.v4 || address == setup_.v6;
  }

  std::vector<base::IpAddress> known_addresses() const;

  // Qubes' net.fake-ip: on its link the client has another IPv4 address than the one it is known
  // by, and no IPv6. With nothing in `visible`, dom0's value was no address, and the client has
  // none.
  struct Mapping {
    std::optional<base::IpAddress> visible;
    // The address under which it sees its gateway.
    std::optional<base::IpAddress> gateway{};
    friend bool operator==(const Mapping&, const Mapping&) = default;
  };
  const std::optional<Mapping>& mapping() const { return mapping_; }
  void set_mapping(const std::optional<Mapping>& mapping) { mapping_ = mapping; }

  // On its link.
  bool owns(const base::IpAddress& address) const {
    return mapping_ ? address == mapping_->visible : is_known_as(address);
  }
  // By what it is known that owns `address`.
  const base::IpAddress& known_as(const base::IpAddress& address) const {
    return mapping_ ? setup_.v4 : address;
  }

  // The Ethernet header of every frame to it.
  base::Bytes header(bool v4) const { return v4 ? header4_ : header6_; }

  // How often the gateway answers it with errors and resets.
  net::RateLimit& answers() { return answers_; }

  TrafficCounters to_outside;
  TrafficCounters from_outside;
  base::CounterSet<Refusal> refused;

 private:
  using Header = std::array<std::uint8_t, net::EthernetHeader::kSize>;

  net::ClientId id_;
  ClientSetup setup_;
  std::optional<Mapping> mapping_;
  Header header4_{};
  Header header6_{};
  net::RateLimit answers_;
};

}  // namespace sallyport::gateway
