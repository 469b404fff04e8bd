#include "gateway/host_lookup.h"

#include "counting_rng.h"
#include "dns_reply.h"
#include "test.h"

namespace sallyport::gateway {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ip;

net::DnsQuestion a(std::string name) {
  return {std::move(name), net::DnsType::kA};
}

struct Asked {
  testing::CountingRng rng;
  HostLookup lookup{rng};
  base::Now now{base::Instant(hours(1)), {}};

  explicit Asked(const std::vector<net::DnsQuestion>& questions) {
    lookup.want(now, questions);
    lookup.start(now);
  }
  void pass(base::Duration time) { now.mono += time; }
  // Everything that is asked now.
  std::vector<std::vector<std::uint8_t>> queries() {
    std::vector<std::vector<std::uint8_t>> all;
    while (auto query = lookup.poll(now)) all.push_back(std::move(*query));
    return all;
  }
  // Asks, and answers all of it.
  bool answer(const testing::DnsReply& reply) {
    bool changed = false;
    for (const auto& query : queries()) {
      changed = lookup.handle_answer(now, testing::dns_reply(query, reply)) || changed;
    }
    return changed;
  }
  const net::HostAddresses::Addresses* known(std::string_view name,
                                             net::Family family = net::Family::kIpv4) {
    return lookup.addresses().find(name, family);
  }
};

TEST_SUITE("gateway/host_lookup") {
  TEST_CASE("a name is asked at once, and known when it was answered") {
    Asked asked({a("www.example.com")});
    EXPECT(asked.lookup.next_deadline() == asked.now.mono);
    const auto queries = asked.queries();
    REQUIRE(queries.size() == 1);
    EXPECT(testing::dns_name_asked(queries[0]) == "www.example.com");
    EXPECT(asked.known("www.example.com") == nullptr);
    EXPECT(asked.lookup.handle_answer(
        asked.now, testing::dns_reply(queries[0], {{ip("192.0.2.1"), ip("192.0.2.2")}})));
    REQUIRE(asked.known("www.example.com") != nullptr);
    EXPECT(*asked.known("www.example.com") ==
           net::HostAddresses::Addresses{ip("192.0.2.1"), ip("192.0.2.2")});
    EXPECT(asked.known("www.example.com", net::Family::kIpv6) == nullptr);
  }

  TEST_CASE("nothing is asked without a tunnel, and what is known stays") {
    testing::CountingRng rng;
    HostLookup lookup(rng);
    base::Now now{base::Instant(hours(1)), {}};
    lookup.want(now, {a("a")});
    EXPECT_FALSE(lookup.poll(now));
    EXPECT_FALSE(lookup.next_deadline());

    Asked asked({a("a")});
    EXPECT(asked.answer({{ip("192.0.2.1")}}));
    asked.lookup.stop();
    asked.pass(hours(5));
    EXPECT_FALSE(asked.lookup.handle_timeout(asked.now));
    EXPECT(asked.known("a")->size() == 1);
    // The new tunnel is given time to answer before anything is forgotten.
    asked.lookup.start(asked.now);
    EXPECT_FALSE(asked.lookup.handle_timeout(asked.now));
    EXPECT_FALSE(asked.answer({{ip("192.0.2.1")}}));
    EXPECT(asked.known("a")->size() == 1);
  }

  TEST_CASE("without an answer it is asked again, more and more slowly") {
    Asked asked({a("a")});
    int asked_times = 0;
    for (int tenths = 0; tenths < 6000; ++tenths) {
      asked_times += static_cast<int>(asked.queries().size());
      asked.pass(milliseconds(100));
    }
    // At 0, 1, 3, 7, 15, 31, 63 s and each minute from there.
    EXPECT(asked_times == 15);
  }

  TEST_CASE("an answer's time to live decides when it is asked again, within bounds") {
    for (const auto& [lives, again] :
         {std::pair{0U, 30}, std::pair{300U, 300}, std::pair{86400U, 1800}}) {
      Asked asked({a("a")});
      asked.answer({{ip("192.0.2.1")}, lives});
      EXPECT(asked.queries().empty());
      EXPECT(asked.lookup.next_deadline() == asked.now.mono + seconds(again));
      asked.pass(seconds(again));
      EXPECT(asked.queries().size() == 1);
    }
  }

  TEST_CASE("an address counts for an hour after it was last heard of") {
    Asked asked({a("a")});
    asked.answer({{ip("192.0.2.1")}, 60});
    asked.pass(minutes(30));
    EXPECT(asked.answer({{ip("192.0.2.2")}, 60}));
    EXPECT(asked.known("a")->size() == 2);
    asked.pass(minutes(30));
    EXPECT(asked.lookup.handle_timeout(asked.now));
    EXPECT(*asked.known("a") == net::HostAddresses::Addresses{ip("192.0.2.2")});
    EXPECT_FALSE(asked.lookup.handle_timeout(asked.now));
  }

  TEST_CASE("a name that does not exist is known to have no address") {
    Asked asked({a("a")});
    EXPECT(asked.answer({{}, 0, 3}));
    REQUIRE(asked.known("a") != nullptr);
    EXPECT(asked.known("a")->empty());
  }

  TEST_CASE("a resolver that fails is asked again, and nothing is known or forgotten by it") {
    Asked asked({a("a")});
    EXPECT_FALSE(asked.answer({{}, 0, 2}));
    EXPECT(asked.known("a") == nullptr);
    asked.pass(seconds(1));
    EXPECT(asked.answer({{ip("192.0.2.1")}, 60}));
    asked.pass(minutes(1));
    EXPECT_FALSE(asked.answer({{}, 0, 5}));
    EXPECT(asked.known("a")->size() == 1);
  }

  TEST_CASE("only the answer to the question that is out is taken") {
    Asked asked({a("a"), a("b")});
    const auto queries = asked.queries();
    REQUIRE(queries.size() == 2);
    auto forged = testing::dns_reply(queries[0], {{ip("192.0.2.66")}});
    forged[0] ^= 0x80;
    EXPECT_FALSE(asked.lookup.handle_answer(asked.now, forged));
    const auto right = testing::dns_reply(queries[0], {{ip("192.0.2.1")}});
    EXPECT(asked.lookup.handle_answer(asked.now, right));
    // Its question has been answered.
    EXPECT_FALSE(asked.lookup.handle_answer(asked.now,
                                            testing::dns_reply(queries[0], {{ip("192.0.2.66")}})));
    EXPECT(asked.known("a")->size() == 1);
    EXPECT(asked.known("b") == nullptr);
  }

  TEST_CASE("what is wanted no longer is forgotten, the rest is not asked anew") {
    Asked asked({a("a"), a("b")});
    asked.answer({{ip("192.0.2.1")}});
    asked.lookup.want(asked.now, {a("b"), a("b"), {"b", net::DnsType::kAaaa}});
    EXPECT(asked.known("a") == nullptr);
    EXPECT(asked.known("b") != nullptr);
    EXPECT(asked.queries().size() == 1);
  }

  TEST_CASE("thousands of names are asked a few at a time") {
    std::vector<net::DnsQuestion> many;
    for (int i = 0; i < 5000; ++i) many.push_back(a("host" + std::to_string(i)));
    Asked asked(many);
    std::size_t all = 0;
    for (int step = 0; step < 19; ++step, asked.pass(HostLookup::kPause)) {
      const std::size_t now = asked.queries().size();
      EXPECT(now == HostLookup::kBurst);
      all += now;
    }
    EXPECT(all < HostLookup::kMaxQuestions);
  }

  TEST_CASE("a name whose addresses change with every answer keeps a bounded number") {
    Asked asked({a("a")});
    for (std::uint32_t round = 0; round < 100; ++round, asked.pass(seconds(30))) {
      testing::DnsReply reply{{}, 30, 0};
      for (std::uint32_t i = 0; i < 30; ++i) {
        reply.addresses.push_back(base::IpAddress::v4(0xc6336400 + round * 30 + i));
      }
      asked.answer(reply);
    }
    EXPECT(asked.known("a")->size() == HostLookup::kMaxAddresses);
  }
}

}  // namespace
}  // namespace sallyport::gateway
