#include "net/fair_share.h"

#include "test.h"

namespace sallyport::net {
namespace {

TEST_SUITE("net/fair_share") {
  TEST_CASE("a greedy member gets what is not reserved and no more") {
    FairShare share(/*capacity=*/100, /*reserve=*/10, /*members=*/4);
    FairShare::Member greedy;
    std::uint64_t taken = 0;
    while (share.take(greedy, 1)) ++taken;
    EXPECT(taken == 70);
    for (int i = 0; i < 3; ++i) {
      FairShare::Member modest;
      EXPECT(share.take(modest, 10));
      EXPECT_FALSE(share.take(modest, 1));
    }
    EXPECT(share.total_held() == 100);
  }

  TEST_CASE("what is given back is there for others, the reserve first") {
    FairShare share(30, 10, 2);
    FairShare::Member one;
    FairShare::Member two;
    REQUIRE(share.take(one, 20));
    EXPECT_FALSE(share.take(two, 11));
    share.give_back(one, 5);
    EXPECT(share.take(two, 15));
    EXPECT_FALSE(share.take(one, 1));
    share.give_back(one, 15);
    share.give_back(two, 15);
    EXPECT(share.total_held() == 0);
    EXPECT(share.take(two, 20));
  }

  TEST_CASE("an amount is taken whole or not at all") {
    FairShare share(20, 5, 2);
    FairShare::Member member;
    EXPECT_FALSE(share.take(member, 16));
    EXPECT(member.held == 0);
    EXPECT(share.take(member, 15));
  }
}

}  // namespace
}  // namespace sallyport::net
