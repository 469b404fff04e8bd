#include "net/nat/port_pool.h"

#include <set>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::net {
namespace {

TEST_SUITE("net/nat/port_pool") {
  TEST_CASE("ports are unique, unpredictable and never privileged") {
    testing::CountingRng rng(1);
    testing::CountingRng other_rng(2);
    PortPool pool;
    PortPool other_pool;
    std::set<std::uint16_t> seen;
    int same = 0;
    for (int i = 0; i < 10000; ++i) {
      const std::uint16_t port = pool.take(3, rng).value();
      EXPECT(port >= 1024);
      EXPECT(seen.insert(port).second);
      same += other_pool.take(3, other_rng) == port;
    }
    EXPECT(same < 10);
    EXPECT(pool.used() == 10000);
  }

  TEST_CASE("random draws cover the shared ports evenly") {
    testing::CountingRng rng;
    std::array<int, 16> buckets{};
    for (int i = 0; i < 16000; ++i) {
      const auto port = PortSpace::find(0, rng, std::nullopt, [](std::uint16_t) { return true; });
      ++buckets[(*port - PortSpace::kFirstShared) * 16 / PortSpace::kShared];
    }
    for (const int count : buckets) {
      EXPECT(count > 850);
      EXPECT(count < 1150);
    }
  }

  TEST_CASE("one client can use up what is shared and its own, and leaves the others theirs") {
    testing::CountingRng rng;
    PortPool pool;
    std::size_t taken = 0;
    for (int misses = 0; misses < 100;) {
      if (pool.take(0, rng)) {
        ++taken;
      } else {
        ++misses;
      }
    }
    EXPECT(taken > PortSpace::kShared * 75 / 100);
    EXPECT(taken <= PortSpace::kShared + PortSpace::kReserve);
    for (std::uint32_t client = 1; client < PortSpace::kClients; ++client) {
      for (std::uint32_t i = 0; i < PortSpace::kReserve; ++i) {
        REQUIRE(pool.take(client, rng).has_value());
      }
    }
  }

  TEST_CASE("a port that is given back is there again for whoever wants it") {
    testing::CountingRng rng;
    PortPool pool;
    const std::uint16_t port = pool.take(0, rng).value();
    EXPECT(pool.is_used(port));
    EXPECT(pool.take(0, rng, port) != port);
    pool.give_back(port);
    EXPECT_FALSE(pool.is_used(port));
    EXPECT(pool.take(0, rng, port) == port);
  }

  TEST_CASE("the clients' own ports do not overlap") {
    std::set<std::uint16_t> ports;
    for (std::uint32_t client = 0; client < PortSpace::kClients; ++client) {
      for (std::uint32_t i = 0; i < PortSpace::kReserve; ++i) {
        const std::uint16_t port = PortSpace::own(client, i);
        EXPECT(port >= 1024);
        EXPECT(port < PortSpace::kFirstShared);
        EXPECT(ports.insert(port).second);
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::net
