#include "netback/rx_ring.h"

#include "netback_driver.h"
#include "test.h"

namespace sallyport::netback {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::kAllFeatures;
using testing::NetbackDriver;
using testing::Netfront;

ByteVector frame_of(std::size_t size, std::uint16_t ether_type = 0x0800) {
  ByteVector frame = counting_bytes(size);
  frame[12] = static_cast<std::uint8_t>(ether_type >> 8);
  frame[13] = static_cast<std::uint8_t>(ether_type);
  return frame;
}

constexpr Offload kGso4{.gso = Gso::kTcp4, .segment_size = 1448, .blank_checksum = true};
constexpr Offload kGso6{.gso = Gso::kTcp6, .segment_size = 1220, .blank_checksum = true};
constexpr Offload kBlank{.blank_checksum = true};

// How a vif whose frontend has no more than `features` takes a frame.
RxPlan plan_for(const FrontendFeatures& features, const ByteVector& frame, const Offload& offload) {
  Netfront front;
  NetbackDriver back(front, features);
  front.post();
  const auto plan = back.add(frame, offload);
  REQUIRE(plan.has_value());
  back.flush();
  EXPECT(back.rx().counters().refused.total() == (*plan == RxPlan::kRefused));
  return *plan;
}

TEST_SUITE("netback/rx_ring") {
  TEST_CASE("a frame of one page arrives as it was given") {
    Netfront front;
    NetbackDriver back(front);
    front.post();
    const ByteVector frame = frame_of(1514);
    REQUIRE(back.add(frame) == RxPlan::kPlanned);
    back.flush();
    const auto received = front.receive();
    REQUIRE(received.size() == 1);
    EXPECT(received[0].bytes == frame);
    EXPECT(received[0].slots == 1);
    EXPECT_FALSE(received[0].csum_blank);
    EXPECT_FALSE(received[0].data_validated);
    EXPECT_FALSE(received[0].gso.has_value());
    EXPECT(back.rx_notifications == 1);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("frames of every size and cut arrive whole") {
    for (const std::uint32_t start : {0u, 0xffff'ffc0u}) {
      Netfront front(start);
      NetbackDriver back(front);
      for (const std::size_t size :
           {14U, 60U, 4095U, 4096U, 4097U, 8192U, 20000U, 65535U, 65549U}) {
        for (const std::size_t piece : {999U, 1400U, 4096U, 70000U}) {
          front.post();
          const ByteVector frame = frame_of(size);
          CAPTURE(size);
          CAPTURE(piece);
          REQUIRE(back.add(frame, kGso4, 66, piece) == RxPlan::kPlanned);
          back.flush();
          const auto received = front.receive();
          REQUIRE(received.size() == 1);
          EXPECT(received[0].bytes == frame);
          EXPECT(received[0].slots == (size + 4095) / 4096 + 1);
          EXPECT(received[0].slots == RxRing::slots_for(size, kGso4));
          REQUIRE(received[0].gso.has_value());
          EXPECT(received[0].gso->type == 1);
          EXPECT(received[0].gso->size == 1448);
        }
      }
      EXPECT(front.complaints().empty());
      EXPECT(back.copies_are_sound);
    }
  }

  TEST_CASE("flags say what is left to do") {
    Netfront front;
    NetbackDriver back(front);
    front.post();
    const ByteVector frame = frame_of(9000);
    REQUIRE(back.add(frame, kBlank) == RxPlan::kPlanned);
    REQUIRE(back.add(frame, {.data_validated = true}) == RxPlan::kPlanned);
    REQUIRE(back.add(frame, kGso6) == RxPlan::kPlanned);
    back.flush();
    const auto received = front.receive();
    REQUIRE(received.size() == 3);
    EXPECT((received[0].csum_blank && received[0].data_validated && !received[0].gso));
    EXPECT((!received[1].csum_blank && received[1].data_validated && !received[1].gso));
    REQUIRE(received[2].gso.has_value());
    EXPECT((received[2].csum_blank && received[2].data_validated));
    EXPECT(received[2].gso->type == 2);
    EXPECT(received[2].gso->size == 1220);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("many frames are one copy call and one notification") {
    Netfront front;
    NetbackDriver back(front);
    front.post();
    const ByteVector frame = frame_of(1514);
    for (int i = 0; i < 256; ++i) REQUIRE(back.add(frame) == RxPlan::kPlanned);
    EXPECT(back.add(frame) == RxPlan::kNoSlots);
    back.flush();
    EXPECT(front.rx_memory().calls() == 1);
    EXPECT(back.rx_notifications == 1);
    EXPECT(front.receive().size() == 256);
    const RxCounters& counters = back.rx().counters();
    EXPECT(counters.packets == 256);
    EXPECT(counters.bytes == 256 * 1514);
    EXPECT(counters.slots == 256);
    EXPECT(counters.copies == 256);
    EXPECT(counters.batches == 1);
    EXPECT(counters.notifications == 1);
  }

  TEST_CASE("a batch with too many pieces is full, and takes the frame once it was flushed") {
    Netfront front;
    NetbackDriver back(front);
    front.post();
    // 80 pieces across 17 pages.
    const ByteVector frame = frame_of(65535);
    int added = 0;
    while (back.add(frame, kGso4, 14, 830) == RxPlan::kPlanned) ++added;
    EXPECT(added == 10);
    EXPECT(back.add(frame, kGso4, 14, 830) == RxPlan::kBatchFull);
    back.flush();
    EXPECT(back.add(frame, kGso4, 14, 830) == RxPlan::kPlanned);
    back.flush();
    EXPECT(front.receive().size() == 11);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("a frame is planned whole or not at all") {
    Netfront front;
    NetbackDriver back(front);
    front.post(3);
    const ByteVector large = frame_of(4 * 4096);
    const ByteVector small = frame_of(3 * 4096);
    EXPECT(back.add(large) == RxPlan::kNoSlots);
    EXPECT(back.add(small, kGso4) == RxPlan::kNoSlots);
    EXPECT(back.add(small) == RxPlan::kPlanned);
    back.flush();
    EXPECT(front.receive().size() == 1);
    EXPECT(back.rx().counters().refused.total() == 0);
  }

  TEST_CASE("who waits for pages is notified once, when enough are there") {
    Netfront front(0xffff'fff0);
    NetbackDriver back(front);
    const ByteVector frame = frame_of(65535);
    EXPECT(front.post(2));
    EXPECT(back.add(frame, kGso4) == RxPlan::kNoSlots);
    EXPECT(back.rx().wait_for(RxRing::slots_for(frame.size(), kGso4)) == false);
    for (int i = 3; i < 17; ++i) EXPECT_FALSE(front.post(1));
    EXPECT(front.post(1));
    EXPECT_FALSE(front.post(1));
    EXPECT(back.rx().wait_for(17) == true);
    EXPECT(back.add(frame, kGso4) == RxPlan::kPlanned);
    back.flush();
    EXPECT(front.receive().size() == 1);
  }

  TEST_CASE("a frontend without feature-sg takes one page and no more") {
    FrontendFeatures features = kAllFeatures;
    features.sg = false;
    EXPECT(plan_for(features, frame_of(4096), {}) == RxPlan::kPlanned);
    EXPECT(plan_for(features, frame_of(4097), {}) == RxPlan::kRefused);
  }

  TEST_CASE("a frontend is given super-packets of the kinds it takes only") {
    FrontendFeatures features = kAllFeatures;
    features.gso_tcpv6 = false;
    EXPECT(plan_for(features, frame_of(9000), kGso4) == RxPlan::kPlanned);
    EXPECT(plan_for(features, frame_of(9000), kGso6) == RxPlan::kRefused);
    features = kAllFeatures;
    features.gso_tcpv4 = false;
    EXPECT(plan_for(features, frame_of(9000), kGso4) == RxPlan::kRefused);
    EXPECT(plan_for(features, frame_of(9000, 0x86dd), kGso6) == RxPlan::kPlanned);
  }

  TEST_CASE("a frontend is given blank checksums of the kinds it fills only") {
    FrontendFeatures features = kAllFeatures;
    features.ipv4_csum_offload = false;
    EXPECT(plan_for(features, frame_of(100), kBlank) == RxPlan::kRefused);
    EXPECT(plan_for(features, frame_of(100, 0x86dd), kBlank) == RxPlan::kPlanned);
    EXPECT(plan_for(features, frame_of(100), {}) == RxPlan::kPlanned);
    features = kAllFeatures;
    features.ipv6_csum_offload = false;
    EXPECT(plan_for(features, frame_of(100), kBlank) == RxPlan::kPlanned);
    EXPECT(plan_for(features, frame_of(100, 0x86dd), kBlank) == RxPlan::kRefused);
  }

  TEST_CASE("a frame beyond an IP packet's length is refused") {
    EXPECT(plan_for(kAllFeatures, frame_of(kMaxRxFrame), {}) == RxPlan::kPlanned);
    EXPECT(plan_for(kAllFeatures, frame_of(kMaxRxFrame + 1), {}) == RxPlan::kRefused);
  }

  TEST_CASE("a page that cannot be written costs the guest that frame only") {
    Netfront front;
    NetbackDriver back(front);
    front.post();
    front.rx_memory().revoke(front.rx_memory().ref_of(2));
    const ByteVector frame = frame_of(9000);
    const ByteVector small = frame_of(100);
    REQUIRE(back.add(small) == RxPlan::kPlanned);
    REQUIRE(back.add(frame, {}, 66, 1000) == RxPlan::kPlanned);
    REQUIRE(back.add(small) == RxPlan::kPlanned);
    back.flush();
    const auto received = front.receive();
    REQUIRE(received.size() == 3);
    EXPECT_FALSE(received[0].failed);
    EXPECT(received[1].failed);
    EXPECT(received[1].slots == 3);
    EXPECT(received[2].bytes == small);
    EXPECT(back.rx().counters().packets == 2);
    EXPECT(back.rx().counters().refused[RxRefusal::kCopyFailed] == 1);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("an index out of range ends the vif") {
    for (const std::uint32_t posted : {257u, 0xffff'fff0u}) {
      Netfront front;
      NetbackDriver back(front);
      front.rx().write(testing::FrontRing::kReqProd, posted);
      const ByteVector frame = frame_of(100);
      EXPECT(back.add(frame) == std::unexpected(RingFault::kProducerOverrun));
      front.rx().write(testing::FrontRing::kReqProd, 10);
      EXPECT(back.add(frame) == std::unexpected(RingFault::kProducerOverrun));
      EXPECT(back.rx().wait_for(1) == std::unexpected(RingFault::kProducerOverrun));
      back.flush();
      EXPECT(front.rx().responses() == 0);
    }
  }

  TEST_CASE("an index that goes out of range while we wait ends the vif") {
    Netfront front;
    NetbackDriver back(front);
    front.rx().write(testing::FrontRing::kReqProd, 1000);
    EXPECT(back.rx().wait_for(1) == std::unexpected(RingFault::kProducerOverrun));
    front.rx().write(testing::FrontRing::kReqProd, 10);
    EXPECT(back.add(frame_of(100)) == std::unexpected(RingFault::kProducerOverrun));
  }

  TEST_CASE("an index that goes out of range in the middle of a batch drops the batch") {
    Netfront front;
    NetbackDriver back(front);
    front.post(1);
    const ByteVector frame = frame_of(100);
    REQUIRE(back.add(frame) == RxPlan::kPlanned);
    front.rx().write(testing::FrontRing::kReqProd, 1000);
    EXPECT(back.add(frame) == std::unexpected(RingFault::kProducerOverrun));
    back.flush();
    EXPECT(front.rx_memory().calls() == 0);
    EXPECT(front.rx().responses() == 0);
  }

  TEST_CASE("a restarted backend fills the pages that the dead one left") {
    Netfront front(0xffff'ffff);
    front.post(20);
    const ByteVector first = frame_of(100);
    const ByteVector lost = frame_of(200);
    const ByteVector second = frame_of(9000);
    {
      NetbackDriver dead(front);
      REQUIRE(dead.add(first) == RxPlan::kPlanned);
      dead.flush();
      REQUIRE(dead.add(lost) == RxPlan::kPlanned);
    }
    NetbackDriver back(front);
    REQUIRE(back.add(second) == RxPlan::kPlanned);
    back.flush();
    const auto received = front.receive();
    REQUIRE(received.size() == 2);
    EXPECT(received[0].bytes == first);
    EXPECT(received[1].bytes == second);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("a frame the caller gives up is counted") {
    Netfront front;
    NetbackDriver back(front);
    back.rx().drop();
    EXPECT(back.rx().counters().refused[RxRefusal::kNoSlots] == 1);
  }

  TEST_CASE("every refusal has a name") {
    for (int i = 0; i < static_cast<int>(RxRefusal::kCount); ++i)
      EXPECT_FALSE(describe(static_cast<RxRefusal>(i)).empty());
  }
}

}  // namespace
}  // namespace sallyport::netback
