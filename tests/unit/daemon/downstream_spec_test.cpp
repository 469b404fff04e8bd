#include "daemon/downstream_spec.h"

#include "test.h"

namespace sallyport::daemon {
namespace {

TEST_SUITE("daemon/downstream_spec") {
  TEST_CASE("a device and an address are enough; the MAC is then the one of every qube") {
    const auto spec = parse_downstream("tap:vpn0,ip=10.137.0.10");
    REQUIRE(spec.has_value());
    EXPECT(spec->device == "vpn0");
    EXPECT(spec->client.name == "vpn0");
    EXPECT(spec->client.v4.to_string() == "10.137.0.10");
    EXPECT_FALSE(spec->client.v6.has_value());
    EXPECT(spec->client.mac.to_string() == "00:16:3e:5e:6c:00");
  }

  TEST_CASE("all items, in any order") {
    const auto spec =
        parse_downstream("tap:vpn0,mac=02:00:00:00:00:07,ip6=fd09:24ef:4179::a89:a,ip=10.137.0.10");
    REQUIRE(spec.has_value());
    EXPECT(spec->client.v4.to_string() == "10.137.0.10");
    EXPECT(spec->client.v6->to_string() == "fd09:24ef:4179::a89:a");
    EXPECT(spec->client.mac.to_string() == "02:00:00:00:00:07");
  }

  TEST_CASE("what is not understood is named") {
    struct Row {
      const char* spec;
      const char* problem;
    };
    for (const Row& row :
         {Row{"", "is known"}, Row{"vif:1", "is known"}, Row{"TAP:a,ip=10.0.0.1", "is known"},
          Row{"tap:", "no name"}, Row{"tap:,ip=10.0.0.1", "no name"},
          Row{"tap:a", "ip=ADDR is missing"}, Row{"tap:a,ip6=fd00::1", "ip=ADDR is missing"},
          Row{"tap:a,ip=fd00::1", "'ip=fd00::1' is not understood"},
          Row{"tap:a,ip=10.0.0.1,ip6=10.0.0.1", "'ip6=10.0.0.1' is not understood"},
          Row{"tap:a,ip=10.0.0.1,mac=xx", "'mac=xx' is not understood"},
          Row{"tap:a,ip=10.0.0.1,mac=01:00:00:00:00:00", "'mac=01:00:00:00:00:00'"},
          Row{"tap:a,ip=10.0.0.1,", ""}, Row{"tap:a,ip=10.0.0.1,mtu=9", "'mtu=9'"},
          Row{"tap:a,,ip=10.0.0.1", "'' is not understood"},
          Row{"tap:a,ip", "'ip' is not understood"}, Row{"tap:a,ip=", "'ip='"},
          Row{"tap:a,ip= 10.0.0.1", "'ip= 10.0.0.1'"}}) {
      CAPTURE(std::string(row.spec));
      const auto spec = parse_downstream(row.spec);
      // A comma at the end is no item.
      if (*row.problem == '\0') {
        EXPECT(spec.has_value());
        continue;
      }
      REQUIRE_FALSE(spec.has_value());
      EXPECT(spec.error().starts_with("--downstream " + std::string(row.spec) + ": "));
      EXPECT(spec.error().contains(row.problem));
    }
  }
}

}  // namespace
}  // namespace sallyport::daemon
