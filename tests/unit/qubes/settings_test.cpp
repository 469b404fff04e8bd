#include "qubes/settings.h"

#include <algorithm>

#include "test.h"

namespace sallyport::qubes {
namespace {

base::IpAddress ip(std::string_view text) {
  return *base::IpAddress::parse(text);
}

struct World {
  Database database;
  Settings settings;
  ChangeQueue queue;

  void write(std::string_view path, std::string_view value) {
    REQUIRE(database.write(path, value));
    settings.update(database, path, queue);
  }
  void remove(std::string_view path) {
    database.remove(path);
    settings.update(database, path, queue);
  }
  bool commit(std::string_view source) { return settings.commit(database, source, queue); }
  std::vector<Change> changes() {
    std::vector<Change> all;
    while (auto change = queue.take()) all.push_back(*change);
    return all;
  }
};

TEST_SUITE("qubes/settings") {
  TEST_CASE("nothing is known at first, which is no permission") {
    const Settings settings;
    EXPECT(settings.firewall(ip("10.137.0.5")) == nullptr);
    EXPECT(settings.addresses() == Addresses{});
    EXPECT_FALSE(settings.addresses().provides_network);
    EXPECT(settings.connected_ips().empty());
  }

  TEST_CASE("addresses of both families, each at its place") {
    World world;
    world.write("/qubes-ip", "10.137.0.20");
    world.write("/qubes-ip6", "fd09:24ef:4179::a89:14");
    world.write("/qubes-gateway", "10.138.1.1");
    world.write("/qubes-gateway6", "fe80::1");
    world.write("/qubes-primary-dns", "10.139.1.1");
    world.write("/qubes-secondary-dns", "10.139.1.2");
    world.write("/qubes-netvm-gateway", "10.137.0.20");
    world.write("/qubes-netvm-gateway6", "fd09::14");
    world.write("/qubes-netvm-primary-dns", "10.139.1.3");
    world.write("/qubes-netvm-secondary-dns", "10.139.1.4");
    world.write("/qubes-netvm-network", "10.137.0.20");
    EXPECT(world.changes() == std::vector<Change>{AddressesChanged{}});
    const Addresses& addresses = world.settings.addresses();
    EXPECT(addresses.ip == ip("10.137.0.20"));
    EXPECT(addresses.ip6 == ip("fd09:24ef:4179::a89:14"));
    EXPECT(addresses.gateway == ip("10.138.1.1"));
    EXPECT(addresses.gateway6 == ip("fe80::1"));
    EXPECT(addresses.primary_dns == ip("10.139.1.1"));
    EXPECT(addresses.secondary_dns == ip("10.139.1.2"));
    EXPECT(addresses.netvm_gateway == ip("10.137.0.20"));
    EXPECT(addresses.netvm_gateway6 == ip("fd09::14"));
    EXPECT(addresses.netvm_primary_dns == ip("10.139.1.3"));
    EXPECT(addresses.netvm_secondary_dns == ip("10.139.1.4"));
    EXPECT(addresses.provides_network);
    EXPECT(world.settings.ignored().total() == 0);
  }

  TEST_CASE("an address that is none is counted, and one that is empty is not there") {
    World world;
    world.write("/qubes-ip", "10.137.0");
    EXPECT(world.settings.ignored()[Ignored::kAddress] == 1);
    world.write("/qubes-ip", "10.137.0.20");
    world.write("/qubes-ip6", "");
    EXPECT(world.settings.ignored()[Ignored::kAddress] == 1);
    EXPECT(world.settings.addresses().ip == ip("10.137.0.20"));
    world.write("/qubes-ip", "fd09::1");
    world.write("/qubes-ip6", "::ffff:10.0.0.1");
    EXPECT_FALSE(world.settings.addresses().ip.has_value());
    EXPECT_FALSE(world.settings.addresses().ip6.has_value());
  }

  TEST_CASE("connected addresses of both families are one sorted list") {
    World world;
    world.write("/connected-ips", "10.137.0.9 10.137.0.5 10.137.0.9");
    world.write("/connected-ips6", "fd09::5");
    EXPECT(world.settings.connected_ips().size() == 3);
    EXPECT(std::ranges::is_sorted(world.settings.connected_ips()));
    EXPECT(std::ranges::binary_search(world.settings.connected_ips(), ip("fd09::5")));
    EXPECT(world.changes() == std::vector<Change>{ConnectedIpsChanged{}});
    world.write("/connected-ips", "10.137.0.5 10.137.0.9");
    EXPECT(world.changes().empty());
    world.write("/connected-ips", "");
    EXPECT(world.settings.connected_ips() == std::vector{ip("fd09::5")});
    world.remove("/connected-ips6");
    EXPECT(world.settings.connected_ips().empty());
  }

  TEST_CASE("a connected address that is none is skipped and counted, the others count") {
    World world;
    world.write("/connected-ips", "x 10.137.0.5  10.137.0.300 fd09::1 10.137.0.6 ");
    EXPECT(world.settings.connected_ips() == std::vector{ip("10.137.0.5"), ip("10.137.0.6")});
    EXPECT(world.settings.ignored()[Ignored::kConnectedIp] == 3);
    world.write("/connected-ips6", "10.137.0.7 ::ffff:10.137.0.7");
    EXPECT(world.settings.ignored()[Ignored::kConnectedIp] == 8);
    EXPECT(world.settings.connected_ips().size() == 2);
  }

  TEST_CASE("a mapped client has what it sees, by its own address") {
    World world;
    world.write("/mapped-ip/10.137.0.5/visible-ip", "192.168.1.2");
    world.write("/mapped-ip/10.137.0.5/visible-gateway", "192.168.1.1");
    EXPECT(world.changes() == std::vector<Change>{MappedIpsChanged{}});
    REQUIRE(world.settings.mapped_ips().size() == 1);
    const MappedIp& mapped = world.settings.mapped_ips().at(ip("10.137.0.5"));
    EXPECT(mapped.visible_ip == ip("192.168.1.2"));
    EXPECT(mapped.visible_gateway == ip("192.168.1.1"));
    world.remove("/mapped-ip/10.137.0.5/");
    EXPECT(world.settings.mapped_ips().empty());
  }

  TEST_CASE("a mapping that is not understood still says that its client is mapped") {
    World world;
    world.write("/mapped-ip/10.137.0.5/visible-ip", "nonsense");
    REQUIRE(world.settings.mapped_ips().contains(ip("10.137.0.5")));
    EXPECT_FALSE(world.settings.mapped_ips().at(ip("10.137.0.5")).visible_ip.has_value());
    EXPECT(world.settings.ignored()[Ignored::kMappedIp] == 1);
    world.write("/mapped-ip/nobody/visible-ip", "192.168.1.2");
    world.write("/mapped-ip/10.137.0.6", "192.168.1.2");
    world.write("/mapped-ip/10.137.0.7/other", "192.168.1.2");
    EXPECT(world.settings.mapped_ips().size() == 1);
  }

  TEST_CASE("each key of vm-config is told when it is set, changed or removed") {
    World world;
    world.write("/vm-config/profile", "home");
    world.write("/vm-config/other", "");
    EXPECT(world.changes() ==
           std::vector<Change>{VmConfigChanged{"other"}, VmConfigChanged{"profile"}});
    EXPECT(world.settings.vm_config().at("profile") == "home");
    world.write("/vm-config/profile", "home");
    EXPECT(world.changes().empty());
    world.write("/vm-config/profile", "work");
    EXPECT(world.changes() == std::vector<Change>{VmConfigChanged{"profile"}});
    world.remove("/vm-config/profile");
    EXPECT(world.changes() == std::vector<Change>{VmConfigChanged{"profile"}});
    EXPECT_FALSE(world.settings.vm_config().contains("profile"));
  }

  TEST_CASE("a change elsewhere changes nothing") {
    World world;
    for (const char* path : {"/name", "/qubes-ip-x", "/qubes", "/connected-ips7", "/mapped-ips/x",
                             "/vm-config", "/qubes-firewall/10.137.0.5/policy"})
      world.write(path, "10.137.0.5");
    EXPECT(world.changes().empty());
  }

  TEST_CASE("rules count from their commit on, and stay until the next one") {
    World world;
    const base::IpAddress source = ip("10.137.0.5");
    world.write("/qubes-firewall/10.137.0.5/policy", "drop");
    world.write("/qubes-firewall/10.137.0.5/0000", "action=accept");
    EXPECT(world.settings.firewall(source) == nullptr);
    REQUIRE(world.commit("10.137.0.5"));
    EXPECT(world.changes() == std::vector<Change>{FirewallChanged{source}});
    REQUIRE(world.settings.firewall(source) != nullptr);
    EXPECT(world.settings.firewall(source)->rules == std::vector<std::string>{"action=accept"});
    world.remove("/qubes-firewall/10.137.0.5/");
    EXPECT(world.settings.firewall(source)->rules.size() == 1);
    world.write("/qubes-firewall/10.137.0.5/policy", "drop");
    REQUIRE(world.commit("10.137.0.5"));
    EXPECT(world.settings.firewall(source)->rules.empty());
    EXPECT_FALSE(world.settings.firewall(source)->malformed);
  }

  TEST_CASE("a commit of the same rules is no change, one of nothing drops all") {
    World world;
    world.write("/qubes-firewall/10.137.0.5/policy", "drop");
    REQUIRE(world.commit("10.137.0.5"));
    world.changes();
    REQUIRE(world.commit("10.137.0.5"));
    EXPECT(world.changes().empty());
    world.remove("/qubes-firewall/");
    REQUIRE(world.commit("10.137.0.5"));
    EXPECT(world.settings.firewall(ip("10.137.0.5"))->malformed);
  }

  TEST_CASE("a source that is no address is ignored and counted") {
    World world;
    REQUIRE(world.commit("sys-firewall"));
    EXPECT(world.settings.firewall_count() == 0);
    EXPECT(world.settings.ignored()[Ignored::kFirewallSource] == 1);
    EXPECT(world.changes().empty());
  }

  TEST_CASE("of everything at once, sources with a commit are taken, and others keep their rules") {
    World world;
    world.write("/qubes-firewall/10.137.0.4/policy", "drop");
    REQUIRE(world.commit("10.137.0.4"));
    world.remove("/qubes-firewall/");
    for (const char* source : {"10.137.0.5", "10.137.0.6", "fd09::7"})
      world.write(std::string("/qubes-firewall/") + source + "/policy", "drop");
    world.write("/qubes-firewall/10.137.0.5", "");
    world.write("/qubes-firewall/fd09::7", "");
    world.write("/qubes-firewall/nobody", "");
    world.changes();
    REQUIRE(world.settings.commit_all(world.database, world.queue));
    EXPECT(world.changes().size() == 2);
    EXPECT(world.settings.firewall(ip("10.137.0.4")) != nullptr);
    EXPECT(world.settings.firewall(ip("10.137.0.5")) != nullptr);
    EXPECT(world.settings.firewall(ip("10.137.0.6")) == nullptr);
    EXPECT(world.settings.firewall(ip("fd09::7")) != nullptr);
  }

  TEST_CASE("more sources than the limit are refused, those that are there can change") {
    World world;
    const auto source = [](std::size_t i) {
      return base::IpAddress::v4(static_cast<std::uint32_t>(0x0a890000 + i)).to_string();
    };
    for (std::size_t i = 0; i < Settings::kMaxSources; ++i) REQUIRE(world.commit(source(i)));
    EXPECT_FALSE(world.commit(source(Settings::kMaxSources)));
    EXPECT(world.settings.firewall_count() == Settings::kMaxSources);
    world.write("/qubes-firewall/" + source(3) + "/policy", "drop");
    REQUIRE(world.commit(source(3)));
    EXPECT_FALSE(world.settings.firewall(ip(source(3)))->malformed);
  }

  TEST_CASE("more bytes of rules than the limit are refused, and the old rules stay") {
    World world;
    REQUIRE(world.database.write("/qubes-firewall/10.137.0.5/policy", "drop"));
    REQUIRE(world.commit("10.137.0.5"));
    // Committed sources keep their rules though the database forgot them.
    const std::string rule(3000, 'r');
    std::size_t sources = 0;
    const auto fill = [&](std::string_view source) {
      const std::string tree = "/qubes-firewall/" + std::string(source) + "/";
      REQUIRE(world.database.write(tree + "policy", "drop"));
      for (int i = 1000; i < 1500; ++i)
        REQUIRE(world.database.write(tree + std::to_string(i), rule));
      const bool fits = world.commit(source);
      world.database.remove(tree);
      return fits;
    };
    while (fill("10.138.0." + std::to_string(sources))) REQUIRE(++sources < 10);
    EXPECT(sources == 2);
    EXPECT_FALSE(fill("10.137.0.5"));
    EXPECT_FALSE(world.settings.firewall(ip("10.137.0.5"))->malformed);
    EXPECT(world.settings.firewall(ip("10.137.0.5"))->rules.empty());
  }

  TEST_CASE("what was not used has a name by its kind") {
    for (int i = 0; i < static_cast<int>(Ignored::kCount); ++i)
      EXPECT(describe(static_cast<Ignored>(i)).starts_with("no "));
  }
}

}  // namespace
}  // namespace sallyport::qubes
