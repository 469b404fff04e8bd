// The addresses that a server hands out, as its configuration has them.
#include <algorithm>
#include <chrono>
#include <set>

#include "openvpn/server/address_pool.h"
#include "server_config_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

base::IpAddress address(std::string_view text) {
  return *base::IpAddress::parse(text);
}

TEST_SUITE("openvpn/server_pool") {
  TEST_CASE("no pool gives away what is not in its networks, is the server's, or was given") {
    for (const Topology topology : {Topology::kSubnet, Topology::kNet30, Topology::kP2p}) {
      for (unsigned length = 18; length <= 29; ++length) {
        for (const unsigned length6 : {64u, 111u, 112u, 113u, 120u, 124u}) {
          // Wide ones take their time, and one kind of IPv6 network will do for them.
          if (length < 22 && length6 != 113) continue;
          CAPTURE(static_cast<int>(topology));
          CAPTURE(length);
          CAPTURE(length6);
          const std::string mask = base::IpAddress::v4(~0u << (32 - length)).to_string();
          const auto options =
              pool_of(topology, "server 10.8.0.0 " + mask + "\nserver-ipv6 fd00:8::/" +
                                    std::to_string(length6) + "\n");
          REQUIRE(options.has_value());
          AddressPool pool(*options, topology);
          std::set<base::IpAddress> given{options->own, options->own6};
          const base::IpPrefix& network = options->network;
          std::size_t count = 0;
          while (const auto next = pool.take("client " + std::to_string(count), nullptr)) {
            ++count;
            const std::uint32_t v4 = next->v4.v4_value() - network.address().v4_value();
            REQUIRE(network.contains(next->v4));
            REQUIRE((v4 != 0 && v4 + 1 != 1u << (32 - length)));
            REQUIRE(options->network6->contains(*next->v6));
            REQUIRE(given.insert(next->v4).second);
            REQUIRE(given.insert(*next->v6).second);
          }
          const std::size_t fours = (std::size_t{1} << (32 - length)) / 4;
          const std::size_t hosts6 =
              length6 < 112 ? 65'536 : (std::size_t{1} << (128 - length6)) - 2;
          if (topology == Topology::kNet30)
            EXPECT(count == std::min(hosts6, length == 29 ? 1 : fours - 2));
        }
      }
    }
  }

  TEST_CASE("a pool's places end where either family's addresses do") {
    const auto capacity = [](std::string_view lines) -> std::size_t {
      const auto options =
          pool_of(Topology::kSubnet, "server 10.8.0.0 255.255.0.0\n" + std::string(lines));
      return options ? AddressPool(*options, Topology::kSubnet).capacity() : 0;
    };
    // 65,533 addresses of IPv4; of IPv6 those behind the network's own and ours, as OpenVPN 2.6.14
    // counts them.
    EXPECT(capacity("server-ipv6 fd00:8::/64\n") == 65'533);
    EXPECT(capacity("server-ipv6 fd00:8::/112\n") == 65'533);
    EXPECT(capacity("server-ipv6 fd00:8::/113\n") == 32'766);
    EXPECT(capacity("server-ipv6 fd00:8::/124\n") == 14);
    EXPECT(capacity("ifconfig-ipv6 fd00:8::1/64 ::\nifconfig-ipv6-pool fd00:8::ff00/112\n") == 256);
    EXPECT(capacity("ifconfig-ipv6 fd00:8::1/64 ::\nifconfig-ipv6-pool fd00:8::ff00/64\n") ==
           65'533);
  }

  TEST_CASE("IPv6 addresses are handed out from where OpenVPN begins, over every border of bytes") {
    const auto given = [](std::string_view lines) {
      const auto options =
          pool_of(Topology::kSubnet, "server 10.8.0.0 255.255.255.248\n" + std::string(lines));
      REQUIRE(options.has_value());
      AddressPool pool(*options, Topology::kSubnet);
      std::set<base::IpAddress> all;
      while (const auto next = pool.take("client " + std::to_string(all.size()), nullptr))
        all.insert(*next->v6);
      return all;
    };
    const auto from = [](const std::set<base::IpAddress>& all) { return all.begin()->to_string(); };
    EXPECT(from(given("server-ipv6 fd00:8::/111\n")) == "fd00:8::1000");
    EXPECT(from(given("server-ipv6 fd00:8::/112\n")) == "fd00:8::2");
    EXPECT(from(given("server-ipv6 fd00:8::f0/124\n")) == "fd00:8::f2");
    const auto over =
        given("ifconfig-ipv6 fd00:8::1/64 ::\nifconfig-ipv6-pool fd00:8::ffff:ffff/64\n");
    EXPECT(over.size() == 5);
    EXPECT(over.contains(address("fd00:8::ffff:ffff")));
    EXPECT(over.contains(address("fd00:8::1:0:3")));
  }

  TEST_CASE("ifconfig-ipv6-pool is refused where it does not fit what it belongs to") {
    for (const char* lines : {"server-ipv6 fd00:8::/64\nifconfig-ipv6-pool fd00:8::100/64\n",
                              "ifconfig-ipv6-pool fd00:8::100/64\n",
                              "ifconfig-ipv6 fd00:8::1/64 ::\nifconfig-ipv6-pool fd00:9::100/64\n",
                              "ifconfig-ipv6 fd00:8::1/112 ::\nifconfig-ipv6-pool fd00:8::100/64\n",
                              "ifconfig-ipv6 fd00:8::1/64 ::\nifconfig-ipv6-pool fd00:8::100\n",
                              "ifconfig-ipv6 fd00:8::1/125 ::\n", "server-ipv6 fd00:8::/125\n",
                              "server-ipv6 fd00:8::/63\n"}) {
      CAPTURE(lines);
      EXPECT_FALSE(pool_of(Topology::kSubnet, "server 10.8.0.0 255.255.0.0\n" + std::string(lines))
                       .has_value());
    }
  }

  TEST_CASE("a full pool refuses a thousand clients faster than it was filled") {
    using Clock = std::chrono::steady_clock;
    const auto options =
        pool_of(Topology::kSubnet, "server 10.8.0.0 255.255.192.0\nserver-ipv6 fd00:8::/64\n");
    REQUIRE(options.has_value());
    AddressPool pool(*options, Topology::kSubnet);
    const auto begin = Clock::now();
    std::optional<ClientAddresses> last;
    for (std::size_t count = 0; count < pool.capacity(); ++count)
      last = pool.take("client " + std::to_string(count), nullptr);
    REQUIRE(last.has_value());
    const auto filled = Clock::now();
    ClientConfig fixed;
    fixed.address6 = address("fd00:8::9:9");
    for (int i = 0; i < 500; ++i) {
      REQUIRE_FALSE(pool.take("late " + std::to_string(i), nullptr).has_value());
      REQUIRE_FALSE(pool.take("late " + std::to_string(i), &fixed).has_value());
    }
    EXPECT(Clock::now() - filled < filled - begin);
    // What is given back is found again, by either.
    pool.give_back(*last);
    EXPECT(pool.take("next", nullptr).has_value());
    EXPECT_FALSE(pool.take("late", &fixed).has_value());
    pool.give_back(*last);
    EXPECT(pool.take("next", &fixed).has_value());
  }

  TEST_CASE("the server's own address is not given away where it stands in the pool") {
    const auto options = pool_of(
        Topology::kSubnet,
        "mode server\ntls-server\nifconfig 10.8.0.5 255.255.255.248\nifconfig-ipv6 fd00:8::1002/64 "
        "::1\nifconfig-pool 10.8.0.1 10.8.0.7\n");
    REQUIRE(options.has_value());
    AddressPool pool(*options, Topology::kSubnet);
    std::set<base::IpAddress> given;
    while (const auto next = pool.take("client " + std::to_string(given.size()), nullptr)) {
      given.insert(next->v4);
      given.insert(*next->v6);
    }
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("10.8.0.5")));
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("10.8.0.7")));
    EXPECT_FALSE(given.contains(*base::IpAddress::parse("fd00:8::1002")));
    EXPECT(given.contains(*base::IpAddress::parse("10.8.0.6")));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
