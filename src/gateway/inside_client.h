// One client of the gateway: who it is allowed to be, and what it has sent and been sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

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
  bool owns(const base::IpAddress& address) const {
    return address == setup_.v4 || address == setup_.v6;
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
  Header header4_{};
  Header header6_{};
  net::RateLimit answers_;
};

}  // namespace sallyport::gateway
