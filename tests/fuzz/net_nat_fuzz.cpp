// Packets of several clients and of the world in any order, with time, removals and resets between.
// A second, plain book is kept of who sent what: only the sender gets the answer.
#include <map>
#include <tuple>

#include "base/check.h"
#include "counting_rng.h"
#include "fuzz_input.h"
#include "net/nat/nat.h"
#include "packet_builder.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;

constexpr NatLimits kLimits{.clients = 4, .flows = 64, .flow_reserve = 8};
constexpr std::uint32_t kMostOfOne = 64 - 3 * 8;

class World {
 public:
  explicit World(testing::FuzzInput input) : input_(input), nat_(kLimits, rng_) { reset(); }

  void run() {
    while (!input_.done()) {
      step(input_.u8());
      if (++steps_ % 8 == 0 || input_.done()) nat_.check_consistency();
      for (std::uint32_t id = 0; id < 6; ++id) {
        const auto statistics = nat_.statistics(ClientId(id));
        CHECK(!statistics || statistics->flows <= kMostOfOne);
      }
    }
  }

 private:
  // Protocol, outside port, remote address and port.
  using Name = std::tuple<IpProtocol, std::uint16_t, IpAddress, std::uint16_t>;

  void step(std::uint8_t operation) {
    const ClientId client(operation >> 3 & 7);
    switch (operation & 7) {
      case 0:
        now_ += std::chrono::seconds(input_.u8());
        break;
      case 1:
        nat_.expire(now_, input_.u8());
        break;
      case 2:
        (void)nat_.add_client(client);
        break;
      case 3:
        remove(client);
        break;
      case 4:
        input_.u8() == 0 ? reset() : revoke(input_.u16());
        break;
      case 5:
        outbound(client, build(/*from_inside=*/true));
        break;
      case 6:
        inbound(build(/*from_inside=*/false));
        break;
      case 7: {
        ByteVector bytes = input_.bytes(input_.u16());
        (operation & 0x80) != 0 ? inbound(bytes) : outbound(client, bytes);
      }
    }
  }

  void reset() {
    nat_.reset({.v4 = testing::ip("10.8.0.2"), .v6 = testing::ip("fd42::2")});
    book_.clear();
  }
  void remove(ClientId client) {
    nat_.remove_client(client);
    std::erase_if(book_, [client](const auto& entry) { return entry.second == client; });
  }
  void revoke(std::uint16_t port) {
    nat_.revoke_if([port](const Flow& flow) { return flow.inside.port == port; });
  }

  // A packet between few addresses and ports, so that flows meet; or an error that quotes the last
  // one.
  ByteVector build(bool from_inside) {
    const bool v4 = input_.below(2) != 0;
    const std::string last = std::to_string(input_.below(3));
    const auto inside = testing::ip(from_inside ? (v4 ? "10.137.0." : "fd09::") + last
                                    : v4        ? "10.8.0.2"
                                                : "fd42::2");
    const auto remote = testing::ip((v4 ? "198.51.100." : "2001:db8::") + last);
    const auto port =
        static_cast<std::uint16_t>(from_inside ? input_.below(4) : last_port_ ^ input_.below(2));
    const testing::Ends ends{inside, remote, port,
                             static_cast<std::uint16_t>(53 + input_.below(2))};
    const testing::Ends each = from_inside ? ends : ends.reversed();
    switch (input_.below(4)) {
      case 0:
        return tcp_packet(each, {.flags = input_.u8()}, ByteVector(3));
      case 1:
        return udp_packet(each, ByteVector(4));
      case 2:
        return testing::echo_packet({each.source, each.destination, port, 0},
                                    from_inside != (input_.below(8) == 0));
      default:
        return icmp_error_packet(each, static_cast<std::uint8_t>(v4 ? 3 : 1), input_.u8(),
                                 last_packet_);
    }
  }

  void outbound(ClientId client, ByteVector bytes) {
    auto packet = parse_packet(bytes);
    if (!packet) return;
    const bool is_error = packet->is_icmp_error();
    auto ref = nat_.outbound(client, *packet, now_);
    if (!ref && ref.error() == NatDrop::kNewFlow) {
      const Endpoint resolver{testing::ip(packet->is_v4() ? "10.8.0.1" : "fd42::1"), 53};
      ref = nat_.open(client, *packet, now_,
                      packet->destination_port == 53 ? std::optional(resolver) : std::nullopt);
    }
    if (!ref) return;
    CHECK(nat_.flow(*ref)->client == client);
    CHECK(packet->source == testing::ip(packet->is_v4() ? "10.8.0.2" : "fd42::2"));
    last_packet_ = bytes;
    if (is_error) return;
    last_port_ = packet->is_icmp() ? packet->icmp.id : packet->source_port;
    book_[{packet->protocol, last_port_, packet->destination, packet->destination_port}] = client;
  }

  void inbound(ByteVector bytes) {
    auto packet = parse_packet(bytes);
    if (!packet) return;
    const Packet before = *packet;
    const auto result = nat_.inbound(*packet, now_);
    if (!result) return;
    CHECK(nat_.statistics(result->client).has_value());
    CHECK(packet->destination == nat_.flow(result->flow)->inside.address);
    last_packet_ = bytes;
    if (before.is_icmp_error()) return;
    const std::uint16_t port = before.is_icmp() ? before.icmp.id : before.destination_port;
    CHECK(book_.at({before.protocol, port, before.source, before.source_port}) == result->client);
  }

  testing::FuzzInput input_;
  testing::CountingRng rng_;
  Nat nat_;
  base::Instant now_{std::chrono::seconds(1000)};
  std::map<Name, ClientId> book_;
  ByteVector last_packet_;
  std::uint16_t last_port_ = 0;
  int steps_ = 0;
};

}  // namespace
}  // namespace sallyport::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::net::World({data, size}).run();
  return 0;
}
