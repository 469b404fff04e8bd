#include "netback/shared_ring.h"

#include "netfront.h"
#include "test.h"

namespace sallyport::netback {
namespace {

using testing::FrontRing;

// Starts that meet the end of the 32-bit indices in the middle of a test.
constexpr std::array<std::uint32_t, 4> kStarts{0, 0xffff'fffe, 0xffff'ff80, 0x7fff'fff0};

SharedRing attach(FrontRing& front) {
  return {front.page(), SharedRing::SlotWords::kTx};
}

void put(FrontRing& front, std::uint32_t gref) {
  front.put(std::array{gref, 0u, 0u});
}

TEST_SUITE("netback/shared_ring") {
  TEST_CASE("requests are seen when they are pushed, and read in order") {
    for (const std::uint32_t start : kStarts) {
      FrontRing front(3, start);
      SharedRing ring = attach(front);
      for (std::uint32_t round = 0; round < 3; ++round) {
        for (std::uint32_t i = 0; i < FrontRing::kSlots; ++i) put(front, 1000 + i);
        EXPECT(ring.available() == 0);
        front.push();
        EXPECT(ring.available_cached() == 0);
        REQUIRE(ring.available() == FrontRing::kSlots);
        for (std::uint32_t i = 0; i < FrontRing::kSlots; ++i)
          EXPECT(ring.peek<TxRequest>(i).gref == GrantRef(1000 + i));
        ring.consume(FrontRing::kSlots);
        EXPECT(ring.unanswered() == FrontRing::kSlots);
        for (std::uint32_t i = 0; i < FrontRing::kSlots; ++i)
          ring.respond(TxResponse{.id = static_cast<std::uint16_t>(i), .status = 0});
        EXPECT(front.responses() == 0);
        ring.publish();
        REQUIRE(front.responses() == FrontRing::kSlots);
        for (std::uint32_t i = 0; i < FrontRing::kSlots; ++i) EXPECT(front.take()[0] == i);
        EXPECT_FALSE(front.rearm());
      }
    }
  }

  TEST_CASE("a copy of a request does not change with the ring") {
    FrontRing front(3, 0);
    SharedRing ring = attach(front);
    put(front, 7);
    front.push();
    REQUIRE(ring.available() == 1);
    const auto request = ring.peek<TxRequest>(0);
    front.write(16, 8);
    EXPECT(request.gref == GrantRef(7));
  }

  TEST_CASE("a producer index more than a ring ahead is a fault") {
    for (const std::uint32_t start : kStarts) {
      for (const std::uint32_t ahead : {257u, 1000u, 0x8000'0000u, 0xffff'ff00u, 0xffff'ffffu}) {
        FrontRing front(3, start);
        SharedRing ring = attach(front);
        front.write(FrontRing::kReqProd, start + ahead);
        EXPECT(ring.available() == std::unexpected(RingFault::kProducerOverrun));
        EXPECT(ring.wait_for(1) == std::unexpected(RingFault::kProducerOverrun));
        EXPECT(ring.available_cached() == 0);
      }
      FrontRing front(3, start);
      SharedRing ring = attach(front);
      front.write(FrontRing::kReqProd, start + 256);
      EXPECT(ring.available() == 256);
    }
  }

  TEST_CASE("unanswered requests count against the producer's room") {
    FrontRing front(3, 0);
    SharedRing ring = attach(front);
    front.write(FrontRing::kReqProd, 256);
    REQUIRE(ring.available() == 256);
    ring.consume(200);
    front.write(FrontRing::kReqProd, 257);
    EXPECT(ring.available() == std::unexpected(RingFault::kProducerOverrun));
    ring.respond(TxResponse{});
    EXPECT(ring.available() == 57);
  }

  TEST_CASE("a producer index behind what was consumed is a fault") {
    FrontRing front(3, 0xffff'fff0);
    SharedRing ring = attach(front);
    front.write(FrontRing::kReqProd, 0);
    REQUIRE(ring.available() == 16);
    ring.consume(10);
    front.write(FrontRing::kReqProd, 0xffff'fffa);
    EXPECT(ring.available() == 0);
    front.write(FrontRing::kReqProd, 0xffff'fff9);
    EXPECT(ring.available() == std::unexpected(RingFault::kProducerOverrun));
  }

  TEST_CASE("a response is announced exactly when it passes rsp_event") {
    for (const std::uint32_t start : kStarts) {
      for (std::uint32_t event = 0; event <= 6; ++event) {
        FrontRing front(3, start);
        SharedRing ring = attach(front);
        for (int i = 0; i < 5; ++i) put(front, 1);
        front.push();
        REQUIRE(ring.available() == 5);
        ring.consume(5);
        front.write(FrontRing::kRspEvent, start + event);
        CAPTURE(event);
        for (int i = 0; i < 2; ++i) ring.respond(TxResponse{});
        EXPECT(ring.publish() == (event == 1 || event == 2));
        for (int i = 0; i < 3; ++i) ring.respond(TxResponse{});
        EXPECT(ring.publish() == (event >= 3 && event <= 5));
        EXPECT_FALSE(ring.publish());
      }
    }
  }

  TEST_CASE("whether to announce a response is not decided by what stands in rsp_prod") {
    FrontRing front(3, 0);
    SharedRing ring = attach(front);
    put(front, 1);
    front.push();
    REQUIRE(ring.available() == 1);
    ring.consume(1);
    front.write(FrontRing::kRspProd, 77);
    ring.respond(TxResponse{});
    EXPECT(ring.publish());
    EXPECT(front.read(FrontRing::kRspProd) == 1);
  }

  TEST_CASE("waiting asks for a notification of exactly the request that is wanted") {
    for (const std::uint32_t start : kStarts) {
      for (const std::uint32_t wanted : {1u, 2u, 18u, 256u}) {
        FrontRing front(3, start);
        SharedRing ring = attach(front);
        EXPECT(ring.wait_for(wanted) == false);
        for (std::uint32_t i = 1; i < wanted; ++i) {
          put(front, i);
          EXPECT_FALSE(front.push());
        }
        put(front, wanted);
        EXPECT(front.push());
        EXPECT(ring.wait_for(wanted) == true);
      }
    }
  }

  TEST_CASE("what came before the wait began is found by its second look") {
    FrontRing front(3, 0);
    SharedRing ring = attach(front);
    put(front, 1);
    // req_event still asks for the first request, so this push notifies; the next ones do not.
    EXPECT(front.push());
    put(front, 2);
    EXPECT_FALSE(front.push());
    EXPECT(ring.wait_for(2) == true);
    EXPECT(front.read(FrontRing::kReqEvent) == 1);
  }

  TEST_CASE("a new backend goes on behind the last published response") {
    for (const std::uint32_t start : kStarts) {
      FrontRing front(3, start);
      {
        SharedRing dead = attach(front);
        for (std::uint32_t i = 0; i < 10; ++i) put(front, i);
        front.push();
        REQUIRE(dead.available() == 10);
        dead.consume(8);
        for (int i = 0; i < 4; ++i) dead.respond(TxResponse{});
        dead.publish();
      }
      SharedRing ring = attach(front);
      REQUIRE(ring.available() == 6);
      EXPECT(ring.peek<TxRequest>(0).gref == GrantRef(4));
      EXPECT(ring.unanswered() == 0);
    }
  }

  TEST_CASE("an rsp_prod made up by the frontend is only its own loss") {
    FrontRing front(3, 0);
    front.write(FrontRing::kRspProd, 500);
    SharedRing ring = attach(front);
    EXPECT(ring.available() == std::unexpected(RingFault::kProducerOverrun));
    front.write(FrontRing::kReqProd, 501);
    EXPECT(ring.available() == 1);
  }
}

}  // namespace
}  // namespace sallyport::netback
