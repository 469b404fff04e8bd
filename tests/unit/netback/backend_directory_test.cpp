#include "netback/backend_directory.h"

#include <algorithm>

#include "test.h"

namespace sallyport::netback {
namespace {

using Reason = KeyError::Reason;

constexpr VifId kVif{DomainId(7), DeviceId(0)};

KeyValues qubes_keys() {
  KeyValues values;
  values.set("frontend", "/local/domain/7/device/vif/0");
  values.set("frontend-id", "7");
  values.set("mac", "00:16:3e:5E:6c:01");
  values.set("ip", "10.137.0.5 fd09:24ef:4179::a89:5");
  return values;
}

KeyError error_with(const char* key, const char* value) {
  KeyValues values = qubes_keys();
  values.set(key, value);
  const auto details = parse_backend(values, kVif);
  REQUIRE_FALSE(details.has_value());
  return details.error();
}

TEST_SUITE("netback/backend_directory") {
  TEST_CASE("what libxl writes is understood") {
    const auto details = parse_backend(qubes_keys(), kVif);
    REQUIRE(details.has_value());
    EXPECT(details->frontend == "/local/domain/7/device/vif/0");
    EXPECT(details->mac == std::array<std::uint8_t, 6>{0x00, 0x16, 0x3e, 0x5e, 0x6c, 0x01});
    REQUIRE(details->addresses.size() == 2);
    EXPECT(details->addresses[0].to_string() == "10.137.0.5");
    EXPECT(details->addresses[1].to_string() == "fd09:24ef:4179::a89:5");
    EXPECT(backend_keys().size() == 4);
  }

  TEST_CASE("a vif without addresses has none") {
    KeyValues values = qubes_keys();
    values.set("ip", "");
    EXPECT(parse_backend(values, kVif)->addresses.empty());
  }

  TEST_CASE("a frontend that is not the directory's own is refused") {
    EXPECT(error_with("frontend-id", "8") == KeyError{"frontend-id", Reason::kOutOfRange});
    EXPECT(error_with("frontend-id", "65543") == KeyError{"frontend-id", Reason::kOutOfRange});
    for (const char* path : {"/local/domain/8/device/vif/0", "/local/domain/77/device/vif/0",
                             "/local/domain/7", "/local/domain/7/", "device/vif/0", ""})
      EXPECT(error_with("frontend", path) == KeyError{"frontend", Reason::kMalformed});
  }

  TEST_CASE("a hardware address is six pairs of digits") {
    for (const char* mac : {"", "00:16:3e:5e:6c", "00:16:3e:5e:6c:01:02", "00-16-3e-5e-6c-01",
                            "00:16:3e:5e:6c:0g", "00:16:3e:5e:6c:1 ", "0:016:3e:5e:6c:01"})
      EXPECT(error_with("mac", mac) == KeyError{"mac", Reason::kMalformed});
  }

  TEST_CASE("addresses are literals with one blank between them") {
    for (const char* ip : {"10.137.0.5/32", "10.137.0", "10.137.0.5,10.137.0.6", "host",
                           " 10.137.0.5", "10.137.0.5 ", "10.137.0.5  10.137.0.6"})
      EXPECT(error_with("ip", ip) == KeyError{"ip", Reason::kMalformed});
  }

  TEST_CASE("each key but ip must be there") {
    for (const std::string& missing : backend_keys()) {
      KeyValues values;
      for (const std::string& key : backend_keys())
        if (key != missing) values.set(key, std::string(*qubes_keys().find(key)));
      const auto details = parse_backend(values, kVif);
      if (missing == "ip") {
        EXPECT(details.has_value());
      } else {
        REQUIRE_FALSE(details.has_value());
        EXPECT(details.error() == KeyError{missing, Reason::kMissing});
      }
    }
  }

  TEST_CASE("a vif is named by two numbers") {
    EXPECT(parse_vif_path("7/0") == kVif);
    EXPECT(parse_vif_path("65535/4294967295") == VifId{DomainId(65535), DeviceId(4294967295)});
    for (const char* path :
         {"", "7", "7/", "/0", "65536/0", "7/0/state", "07/0", "7/00", "a/0", "7 /0"})
      EXPECT_FALSE(parse_vif_path(path).has_value());
  }

  TEST_CASE("what is offered is what the rings can do") {
    const auto keys = offered_features(1);
    const auto has = [&keys](const char* key, const char* value) {
      return std::ranges::find(keys, KeyValue{key, value}) != keys.end();
    };
    for (const char* key :
         {"feature-rx-copy", "feature-sg", "feature-gso-tcpv4", "feature-gso-tcpv6",
          "feature-ipv6-csum-offload", "feature-split-event-channels"})
      EXPECT(has(key, "1"));
    EXPECT(has("hotplug-status", "connected"));
    EXPECT(keys.size() == 7);
    EXPECT(offered_features(4).size() == 8);
    const auto several = offered_features(4);
    EXPECT(std::ranges::find(several, KeyValue{"multi-queue-max-queues", "4"}) != several.end());
  }
}

}  // namespace
}  // namespace sallyport::netback
