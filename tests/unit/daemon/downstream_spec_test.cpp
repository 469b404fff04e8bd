#include "daemon/downstream_spec.h"

#include "test.h"

namespace sallyport::daemon {
namespace {

TEST_SUITE("daemon/downstream_spec") {
  TEST_CASE("a device and an address are enough; the MAC is then the one of every qube") {
    const auto parsed = parse_downstream("tap:vpn0,ip=10.137.0.10");
    REQUIRE(parsed.has_value());
    const auto* const spec = std::get_if<TapSpec>(&*parsed);
    REQUIRE(spec != nullptr);
    EXPECT(spec->device == "vpn0");
    EXPECT(spec->client.name == "vpn0");
    EXPECT(spec->client.v4.to_string() == "10.137.0.10");
    EXPECT_FALSE(spec->client.v6.has_value());
    EXPECT(spec->client.mac.to_string() == "00:16:3e:5e:6c:00");
  }

  TEST_CASE("all items, in any order") {
    const auto parsed =
        parse_downstream("tap:vpn0,mac=02:00:00:00:00:07,ip6=fd09:24ef:4179::a89:a,ip=10.137.0.10");
    REQUIRE(parsed.has_value());
    const auto* const spec = std::get_if<TapSpec>(&*parsed);
    REQUIRE(spec != nullptr);
    EXPECT(spec->client.v4.to_string() == "10.137.0.10");
    EXPECT(spec->client.v6->to_string() == "fd09:24ef:4179::a89:a");
    EXPECT(spec->client.mac.to_string() == "02:00:00:00:00:07");
  }

  TEST_CASE("vifs need no more than their name, a vchan its domain and an address") {
    const auto vifs = parse_downstream("netback");
    REQUIRE(vifs.has_value());
    EXPECT(std::holds_alternative<NetbackSpec>(*vifs));
    const auto vchan = parse_downstream("vchan:12,ip=10.137.0.12,ip6=fd09::12");
    REQUIRE(vchan.has_value());
    const auto* const spec = std::get_if<VchanSpec>(&*vchan);
    REQUIRE(spec != nullptr);
    EXPECT(spec->domain == 12);
    EXPECT(spec->client.name == "vchan 12");
    EXPECT(spec->client.v4.to_string() == "10.137.0.12");
    for (const char* const bad : {"netback,ip=10.0.0.1", "vchan:", "vchan:0,ip=10.0.0.1",
                                  "vchan:70000,ip=10.0.0.1", "vchan:12", "vchan:x,ip=10.0.0.1"}) {
      CAPTURE(std::string(bad));
      EXPECT_FALSE(parse_downstream(bad).has_value());
    }
  }

  TEST_CASE("what is not understood is named") {
    struct Row {
      const char* spec;
      const char* problem;
    };
    for (const Row& row :
         {Row{"", "are known"}, Row{"vif:1", "are known"}, Row{"TAP:a,ip=10.0.0.1", "are known"},
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
      EXPECT(spec.error().contains(row.problem));
    }
  }
}

}  // namespace
}  // namespace sallyport::daemon
