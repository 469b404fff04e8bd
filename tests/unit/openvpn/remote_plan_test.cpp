#include "openvpn/session/remote_plan.h"

#include <chrono>
#include <set>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;
using Step = RemotePlan::Step;

base::IpAddress ip(const char* text) {
  return base::IpAddress::parse(text).value();
}

Profile profile_of(std::initializer_list<const char*> hosts) {
  Profile profile;
  for (const char* host : hosts) profile.remotes.emplace_back().host = host;
  return profile;
}

TEST_SUITE("openvpn/remote_plan") {
  TEST_CASE("goes through the remotes in order, and counts the turns") {
    const Profile profile = profile_of({"a", "b"});
    testing::CountingRng rng;
    RemotePlan plan(profile, rng);
    EXPECT(plan.remote().host == "a");
    plan.advance(Step::kNextRemote);
    EXPECT(plan.remote().host == "b");
    EXPECT(plan.turns() == 0);
    plan.advance(Step::kNextRemote);
    EXPECT(plan.remote().host == "a");
    EXPECT(plan.turns() == 1);
    plan.advance(Step::kStay);
    EXPECT(plan.remote().host == "a");
    EXPECT(plan.turns() == 1);
  }

  TEST_CASE("tries each address of a name once before the next name") {
    const Profile profile = profile_of({"a", "b"});
    testing::CountingRng rng;
    RemotePlan plan(profile, rng);
    EXPECT_FALSE(plan.address().has_value());
    REQUIRE(plan.set_addresses({ip("192.0.2.1"), ip("2001:db8::1"), ip("192.0.2.1")}));
    EXPECT(plan.address() == ip("192.0.2.1"));
    plan.advance(Step::kNextAddress);
    EXPECT(plan.address() == ip("2001:db8::1"));
    plan.advance(Step::kNextAddress);
    EXPECT(plan.remote().host == "b");
    EXPECT_FALSE(plan.address().has_value());
  }

  TEST_CASE("keeps only addresses of the family that the remote wants") {
    Profile profile = profile_of({"a"});
    profile.remotes[0].family = AddressFamily::kIpv6;
    testing::CountingRng rng;
    RemotePlan plan(profile, rng);
    EXPECT_FALSE(plan.set_addresses({ip("192.0.2.1")}));
    REQUIRE(plan.set_addresses({ip("192.0.2.1"), ip("2001:db8::1")}));
    EXPECT(plan.address() == ip("2001:db8::1"));
  }

  TEST_CASE("the address that worked stands in when the name no longer resolves, for its remote") {
    const Profile profile = profile_of({"a", "b"});
    testing::CountingRng rng;
    RemotePlan plan(profile, rng);
    EXPECT_FALSE(plan.set_addresses({}));
    REQUIRE(plan.set_addresses({ip("192.0.2.1"), ip("192.0.2.2")}));
    plan.advance(Step::kNextAddress);
    plan.advance(Step::kNextRemote);
    EXPECT_FALSE(plan.set_addresses({}));
    plan.advance(Step::kNextRemote);
    REQUIRE(plan.set_addresses({ip("192.0.2.2")}));
    plan.succeeded();
    REQUIRE(plan.set_addresses({}));
    EXPECT(plan.address() == ip("192.0.2.2"));
    plan.advance(Step::kNextRemote);
    EXPECT_FALSE(plan.set_addresses({}));
  }

  TEST_CASE("the pause doubles from the sixth round on, up to its maximum") {
    Profile profile = profile_of({"a"});
    profile.reconnect.initial = seconds(2);
    profile.reconnect.maximum = seconds(30);
    testing::CountingRng rng;
    RemotePlan plan(profile, rng);
    for (const int expected : {2, 2, 2, 2, 2, 2, 4, 8, 16, 30, 30}) {
      EXPECT(plan.pause() == seconds(expected));
      plan.advance(Step::kNextRemote);
    }
    plan.succeeded();
    EXPECT(plan.pause() == seconds(2));
  }

  TEST_CASE("a turn is as many rounds as connect-retry-max says, or one") {
    Profile profile = profile_of({"a", "b"});
    testing::CountingRng rng;
    RemotePlan plan(profile, rng);
    for (int i = 0; i < 1000; ++i) plan.advance(Step::kNextRemote);
    EXPECT(plan.turns() == 500);
    EXPECT(plan.pause() == profile.reconnect.maximum);
    profile.reconnect.rounds = 3;
    RemotePlan longer(profile, rng);
    for (int i = 0; i < 5; ++i) longer.advance(Step::kNextRemote);
    EXPECT(longer.turns() == 0);
    longer.advance(Step::kNextRemote);
    EXPECT(longer.turns() == 1);
  }

  TEST_CASE("the next server is another host, not another port of the same") {
    const Profile profile = profile_of({"a", "a", "b", "a"});
    testing::CountingRng rng;
    RemotePlan plan(profile, rng);
    EXPECT(plan.servers() == 2);
    plan.advance(Step::kNextServer);
    EXPECT(plan.remote().host == "b");
    plan.advance(Step::kNextServer);
    EXPECT(plan.remote().host == "a");
    const Profile lonely = profile_of({"a", "a"});
    RemotePlan same(lonely, rng);
    same.advance(Step::kNextServer);
    EXPECT(same.remote().host == "a");
  }

  TEST_CASE("remote-random shuffles, and loses none") {
    Profile profile = profile_of({"a", "b", "c", "d", "e"});
    profile.remote_random = true;
    testing::CountingRng rng;
    std::set<std::string> orders;
    for (int i = 0; i < 20; ++i) {
      RemotePlan plan(profile, rng);
      std::set<std::string> hosts;
      std::string order;
      for (int step = 0; step < 5; ++step) {
        hosts.insert(plan.remote().host);
        order += plan.remote().host;
        plan.advance(Step::kNextRemote);
      }
      EXPECT(hosts.size() == 5);
      orders.insert(order);
    }
    EXPECT(orders.size() > 5);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
