#include "netback/frontend_details.h"

#include <algorithm>

#include "test.h"

namespace sallyport::netback {
namespace {

using Reason = KeyError::Reason;

// What Linux 6.1's netfront wrote (one queue, one channel).
KeyValues linux_keys() {
  KeyValues values;
  values.set("tx-ring-ref", "520");
  values.set("rx-ring-ref", "521");
  values.set("event-channel", "8");
  values.set("request-rx-copy", "1");
  values.set("feature-rx-notify", "1");
  values.set("feature-sg", "1");
  values.set("feature-gso-tcpv4", "1");
  values.set("feature-gso-tcpv6", "1");
  values.set("feature-ipv6-csum-offload", "1");
  return values;
}

KeyValues queues_of(std::uint32_t count) {
  KeyValues values;
  values.set("request-rx-copy", "1");
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string prefix = "queue-" + std::to_string(i) + "/";
    values.set(prefix + "tx-ring-ref", std::to_string(100 + i));
    values.set(prefix + "rx-ring-ref", std::to_string(200 + i));
    values.set(prefix + "event-channel-tx", std::to_string(10 + i));
    values.set(prefix + "event-channel-rx", std::to_string(20 + i));
  }
  return values;
}

KeyError error_of(const KeyValues& values, std::uint32_t queues = 1) {
  const auto details = parse_frontend(values, queues);
  REQUIRE_FALSE(details.has_value());
  return details.error();
}

TEST_SUITE("netback/frontend_details") {
  TEST_CASE("a Linux frontend is understood") {
    const auto details = parse_frontend(linux_keys(), 1);
    REQUIRE(details.has_value());
    REQUIRE(details->queues.size() == 1);
    EXPECT(details->queues[0] ==
           QueueDetails{GrantRef(520), GrantRef(521), EventPort(8), EventPort(8)});
    EXPECT_FALSE(details->queues[0].split_channels());
    EXPECT(details->features == FrontendFeatures{.sg = true,
                                                 .gso_tcpv4 = true,
                                                 .gso_tcpv6 = true,
                                                 .ipv4_csum_offload = true,
                                                 .ipv6_csum_offload = true,
                                                 .rx_notify = true});
  }

  TEST_CASE("a frontend that says the least can do the least, but IPv4 checksums") {
    KeyValues values;
    values.set("tx-ring-ref", "8");
    values.set("rx-ring-ref", "9");
    values.set("event-channel", "1");
    values.set("request-rx-copy", "1");
    const auto details = parse_frontend(values, 1);
    REQUIRE(details.has_value());
    EXPECT(details->features == FrontendFeatures{.ipv4_csum_offload = true});
    values.set("feature-no-csum-offload", "1");
    EXPECT(parse_frontend(values, 1)->features == FrontendFeatures{});
  }

  TEST_CASE("split event channels are taken where they are given") {
    KeyValues values = linux_keys();
    values.set("event-channel-tx", "9");
    values.set("event-channel-rx", "10");
    const auto details = parse_frontend(values, 1);
    REQUIRE(details.has_value());
    EXPECT(details->queues[0].tx_port == EventPort(9));
    EXPECT(details->queues[0].rx_port == EventPort(10));
    EXPECT(details->queues[0].split_channels());
  }

  TEST_CASE("half of split event channels is not enough") {
    KeyValues values = linux_keys();
    values.set("event-channel-tx", "9");
    EXPECT(error_of(values) == KeyError{"event-channel-rx", Reason::kMissing});
    values = linux_keys();
    values.set("event-channel-rx", "9");
    EXPECT(error_of(values) == KeyError{"event-channel-tx", Reason::kMissing});
  }

  TEST_CASE("several queues are read from their own directories") {
    const auto details = parse_frontend(queues_of(3), 3);
    REQUIRE(details.has_value());
    REQUIRE(details->queues.size() == 3);
    EXPECT(details->queues[2] ==
           QueueDetails{GrantRef(102), GrantRef(202), EventPort(12), EventPort(22)});
    EXPECT(error_of(queues_of(2), 3) == KeyError{"queue-2/tx-ring-ref", Reason::kMissing});
    EXPECT(error_of(linux_keys(), 2) == KeyError{"queue-0/tx-ring-ref", Reason::kMissing});
  }

  TEST_CASE("every key that is looked at is in the list of keys, once") {
    for (const std::uint32_t queues : {1u, 2u, 8u}) {
      auto keys = frontend_keys(queues);
      EXPECT(keys.size() == queues * 5 + 7);
      std::ranges::sort(keys);
      EXPECT(std::ranges::adjacent_find(keys) == keys.end());
      // Leaving one out of a full set changes the outcome.
      KeyValues all = queues == 1 ? linux_keys() : queues_of(queues);
      for (const auto& key : keys)
        if (!all.find(key)) all.set(key, "bad");
      EXPECT_FALSE(parse_frontend(all, queues).has_value());
    }
  }

  TEST_CASE("a frontend that wants its pages flipped is refused") {
    KeyValues values = linux_keys();
    values.set("request-rx-copy", "0");
    EXPECT(error_of(values) == KeyError{"request-rx-copy", Reason::kNotSupported});
    KeyValues without;
    without.set("tx-ring-ref", "8");
    without.set("rx-ring-ref", "9");
    without.set("event-channel", "1");
    EXPECT(error_of(without) == KeyError{"request-rx-copy", Reason::kNotSupported});
  }

  TEST_CASE("each key is missed or found malformed by name") {
    for (const char* key : {"tx-ring-ref", "rx-ring-ref", "event-channel"}) {
      for (const char* value : {"", "x", " 1", "-1", "4294967296", "1,2"}) {
        KeyValues values = linux_keys();
        values.set(key, value);
        EXPECT(error_of(values) == KeyError{key, Reason::kMalformed});
      }
    }
    for (const char* key :
         {"request-rx-copy", "feature-rx-notify", "feature-sg", "feature-gso-tcpv4",
          "feature-gso-tcpv6", "feature-ipv6-csum-offload", "feature-no-csum-offload"}) {
      KeyValues values = linux_keys();
      values.set(key, "yes");
      EXPECT(error_of(values) == KeyError{key, Reason::kMalformed});
    }
    EXPECT(error_of(KeyValues{}) == KeyError{"tx-ring-ref", Reason::kMissing});
  }

  TEST_CASE("no event channel has number 0, or one beyond what a domain can have") {
    KeyValues values = linux_keys();
    values.set("event-channel", "131071");
    EXPECT(parse_frontend(values, 1).has_value());
    for (const char* port : {"0", "131072", "4294967295"}) {
      values.set("event-channel", port);
      EXPECT(error_of(values) == KeyError{"event-channel", Reason::kOutOfRange});
    }
  }

  TEST_CASE("rings and channels are not shared") {
    KeyValues values = linux_keys();
    values.set("rx-ring-ref", "520");
    EXPECT(error_of(values) == KeyError{"rx-ring-ref", Reason::kRepeated});
    values = queues_of(2);
    values.set("queue-1/tx-ring-ref", "200");
    EXPECT(error_of(values, 2) == KeyError{"queue-1/tx-ring-ref", Reason::kRepeated});
    values = queues_of(2);
    values.set("queue-1/event-channel-rx", "10");
    EXPECT(error_of(values, 2) == KeyError{"queue-1/event-channel-rx", Reason::kRepeated});
  }

  TEST_CASE("the number of queues is one unless said, and no more than offered") {
    EXPECT(parse_queue_count(std::nullopt, 4) == 1);
    EXPECT(parse_queue_count("1", 1) == 1);
    EXPECT(parse_queue_count("4", 4) == 4);
    EXPECT(parse_queue_count("5", 4).error() ==
           KeyError{"multi-queue-num-queues", Reason::kOutOfRange});
    EXPECT(parse_queue_count("0", 4).error() ==
           KeyError{"multi-queue-num-queues", Reason::kOutOfRange});
    EXPECT(parse_queue_count("", 4).error() ==
           KeyError{"multi-queue-num-queues", Reason::kMalformed});
    EXPECT(parse_queue_count("4294967295", 4).error().reason == Reason::kOutOfRange);
  }
}

}  // namespace
}  // namespace sallyport::netback
