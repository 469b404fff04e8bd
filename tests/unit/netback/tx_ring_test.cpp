#include "netback/tx_ring.h"

#include <memory>
#include <vector>

#include "netback_driver.h"
#include "test.h"

namespace sallyport::netback {
namespace {

using testing::counting_bytes;
using testing::NetbackDriver;
using testing::Netfront;
using testing::NetfrontGso;

TEST_SUITE("netback/tx_ring") {
  TEST_CASE("a frame of one slot arrives as it was sent") {
    Netfront front;
    NetbackDriver back(front);
    const auto frame = counting_bytes(1514);
    EXPECT(front.send(frame, {.head_offset = 100}) == true);
    const auto taken = back.take_all();
    REQUIRE(taken.has_value());
    REQUIRE(taken->size() == 1);
    EXPECT(taken->front().bytes == frame);
    EXPECT(taken->front().offload == Offload{});
    EXPECT(front.reap() == std::vector<std::int16_t>{0});
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("frames of every number of slots arrive whole") {
    for (std::size_t slots = 1; slots <= 16; ++slots) {
      Netfront front(0xffff'fff8);
      NetbackDriver back(front);
      const auto frame = counting_bytes(slots == 1 ? 14 : (slots - 1) * 4096);
      // A short first slot, as netfront has it: the headers, then whole pages.
      REQUIRE(front.send(frame, {.head = 66, .head_offset = 4030}).has_value());
      const auto taken = back.take_all();
      REQUIRE(taken.has_value());
      REQUIRE(taken->size() == 1);
      EXPECT(taken->front().bytes == frame);
      EXPECT(front.reap() == std::vector<std::int16_t>(slots, 0));
      EXPECT(back.tx().counters().copies == slots);
      EXPECT(front.complaints().empty());
      EXPECT(back.copies_are_sound);
    }
  }

  TEST_CASE("the longest frame there is arrives, in the most slots there may be") {
    Netfront front;
    NetbackDriver back(front);
    const auto frame = counting_bytes(65535);
    for (const std::size_t head : {4096U, 1U, 4095U}) {
      REQUIRE(front.send(frame, {.head = head}).has_value());
      const auto taken = back.take_all();
      REQUIRE(taken.has_value());
      REQUIRE(taken->size() == 1);
      EXPECT(taken->front().bytes == frame);
      front.reap();
    }
    // 18 slots, the first of which holds nothing.
    auto pages = std::vector<std::uint16_t>(17, 3855);
    front.put_request(1000, 0, TxFlags::kMoreData, 65535);
    for (std::size_t i = 0; i < pages.size(); ++i)
      front.put_request(1001, 0, i + 1 < pages.size() ? TxFlags::kMoreData : std::uint16_t{0},
                        pages[i]);
    front.push_tx();
    const auto taken = back.take_all();
    REQUIRE(taken.has_value());
    REQUIRE(taken->size() == 1);
    EXPECT(taken->front().bytes.size() == 65535);
    EXPECT(front.reap() == std::vector<std::int16_t>(18, 0));
  }

  TEST_CASE("flags and segmentation come with the frame") {
    Netfront front;
    NetbackDriver back(front);
    const auto frame = counting_bytes(9000);
    REQUIRE(front.queue(frame, {.csum_blank = true}));
    REQUIRE(front.queue(frame, {.data_validated = true}));
    REQUIRE(front.queue(frame, {.csum_blank = true, .gso = NetfrontGso{.type = 1, .size = 1448}}));
    REQUIRE(front.queue(
        frame,
        {.csum_blank = true, .gso = NetfrontGso{.type = 2, .size = 1220}, .hash_extra = true}));
    REQUIRE(front.queue(frame, {.hash_extra = true}));
    front.push_tx();
    const auto taken = back.take_all();
    REQUIRE(taken.has_value());
    REQUIRE(taken->size() == 5);
    EXPECT((*taken)[0].offload == Offload{.blank_checksum = true, .data_validated = true});
    EXPECT((*taken)[1].offload == Offload{.data_validated = true});
    EXPECT((*taken)[2].offload == Offload{.gso = Gso::kTcp4,
                                          .segment_size = 1448,
                                          .blank_checksum = true,
                                          .data_validated = true});
    EXPECT((*taken)[3].offload == Offload{.gso = Gso::kTcp6,
                                          .segment_size = 1220,
                                          .blank_checksum = true,
                                          .data_validated = true});
    EXPECT((*taken)[4].offload == Offload{});
    for (const auto& packet : *taken) EXPECT(packet.bytes == frame);
    EXPECT(front.reap() == std::vector<std::int16_t>(15, 0));
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("a full ring is one copy call, one notification and no more") {
    Netfront front;
    NetbackDriver back(front, testing::kAllFeatures, 1024 * 1024);
    while (front.queue(counting_bytes(1000))) {
    }
    EXPECT(front.push_tx());
    const auto taken = back.take_all();
    REQUIRE(taken.has_value());
    EXPECT(taken->size() == 256);
    EXPECT(front.tx_memory().calls() == 1);
    EXPECT(back.tx_notifications == 1);
    EXPECT(front.reap().size() == 256);
    const TxCounters& counters = back.tx().counters();
    EXPECT(counters.packets == 256);
    EXPECT(counters.bytes == 256 * 1000);
    EXPECT(counters.slots == 256);
    EXPECT(counters.batches == 1);
    EXPECT(counters.notifications == 1);
    EXPECT(counters.refused.total() == 0);
  }

  TEST_CASE("what the pool cannot hold waits for the next round") {
    Netfront front;
    NetbackDriver back(front, testing::kAllFeatures, TxRing::kMinPool);
    for (int i = 0; i < 3; ++i) REQUIRE(front.queue(counting_bytes(40000)));
    front.push_tx();
    for (int i = 0; i < 3; ++i) {
      const auto taken = back.take();
      REQUIRE(taken.has_value());
      REQUIRE(taken->size() == 1);
      EXPECT(taken->front().bytes == counting_bytes(40000));
    }
    EXPECT(back.take()->empty());
    EXPECT(front.reap().size() == 30);
  }

  TEST_CASE("packets do not touch each other's memory, and start aligned") {
    Netfront front;
    TxRing ring(front.tx().page());
    const auto batch = std::make_unique<TxBatch>();
    testing::ByteVector pool(TxRing::kMinPool);
    for (const std::size_t size : {60U, 1514U, 64U, 128U, 14U})
      REQUIRE(front.queue(counting_bytes(size)));
    front.push_tx();
    REQUIRE(ring.begin(*batch, pool).has_value());
    front.tx_memory().run(batch->copies());
    ring.finish(*batch);
    REQUIRE(batch->packets().size() == 5);
    const std::uint8_t* end = pool.data();
    for (const TxBatch::Packet& packet : batch->packets()) {
      EXPECT(packet.bytes.data() >= end);
      EXPECT(static_cast<std::size_t>(packet.bytes.data() - pool.data()) % TxRing::kPoolAlignment ==
             0);
      end = packet.bytes.data() + packet.bytes.size();
    }
    EXPECT(end <= pool.data() + pool.size());
  }

  TEST_CASE(
      "no more packets are taken than asked for, and no notification is asked for meanwhile") {
    Netfront front;
    NetbackDriver back(front);
    for (int i = 0; i < 5; ++i) REQUIRE(front.queue(counting_bytes(100)));
    EXPECT(front.push_tx());
    EXPECT(back.take(2)->size() == 2);
    EXPECT(front.send(counting_bytes(100)) == false);
    EXPECT(back.take(2)->size() == 2);
    EXPECT(back.take(4)->size() == 2);
    EXPECT(back.tx().rearm() == false);
    EXPECT(front.send(counting_bytes(100)) == true);
    EXPECT(back.tx().rearm() == true);
  }

  TEST_CASE("a grant that cannot be copied costs its own packet only") {
    Netfront front;
    NetbackDriver back(front);
    REQUIRE(front.queue(counting_bytes(100)));
    REQUIRE(front.queue(counting_bytes(9000), {.csum_blank = true, .gso = NetfrontGso{}}));
    REQUIRE(front.queue(counting_bytes(200)));
    front.tx_memory().revoke(front.tx_memory().ref_of(2));
    front.push_tx();
    const auto taken = back.take_all();
    REQUIRE(taken.has_value());
    REQUIRE(taken->size() == 2);
    EXPECT((*taken)[0].bytes == counting_bytes(100));
    EXPECT((*taken)[1].bytes == counting_bytes(200));
    EXPECT(front.reap() == std::vector<std::int16_t>{0, -1, -1, -1, 0});
    EXPECT(back.tx().counters().refused[TxRefusal::kCopyFailed] == 1);
    EXPECT(back.tx().counters().packets == 2);
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("copies that nobody ran count as failed") {
    Netfront front;
    TxRing ring(front.tx().page());
    const auto batch = std::make_unique<TxBatch>();
    testing::ByteVector pool(TxRing::kMinPool);
    REQUIRE(front.send(counting_bytes(100)).has_value());
    REQUIRE(ring.begin(*batch, pool).has_value());
    EXPECT_FALSE(batch->empty());
    EXPECT(batch->packets().size() == 1);
    ring.finish(*batch);
    EXPECT(batch->packets().empty());
    EXPECT(batch->empty());
    EXPECT_FALSE(ring.finish(*batch));
    EXPECT(front.reap() == std::vector<std::int16_t>{-1});
  }

  TEST_CASE("one batch serves several rings in turn") {
    Netfront first, second;
    TxRing ring1(first.tx().page()), ring2(second.tx().page());
    const auto batch = std::make_unique<TxBatch>();
    testing::ByteVector pool(TxRing::kMinPool);
    REQUIRE(first.send(counting_bytes(100)).has_value());
    REQUIRE(second.send(counting_bytes(200)).has_value());
    for (auto* pair : {&first, &second}) {
      TxRing& ring = pair == &first ? ring1 : ring2;
      REQUIRE(ring.begin(*batch, pool).has_value());
      pair->tx_memory().run(batch->copies());
      EXPECT(ring.finish(*batch));
      EXPECT(batch->packets().size() == 1);
      EXPECT(pair->reap() == std::vector<std::int16_t>{0});
    }
  }

  TEST_CASE("a restarted backend serves again what the dead one did not answer") {
    Netfront front(0xffff'fffd);
    for (int i = 0; i < 4; ++i)
      REQUIRE(front.queue(counting_bytes(100 + static_cast<std::size_t>(i))));
    front.push_tx();
    {
      NetbackDriver dead(front);
      EXPECT(dead.take(1)->size() == 1);
    }
    {
      // Dies between the copies and the answers.
      TxRing ring(front.tx().page());
      const auto batch = std::make_unique<TxBatch>();
      testing::ByteVector pool(TxRing::kMinPool);
      REQUIRE(ring.begin(*batch, pool).has_value());
    }
    NetbackDriver back(front);
    const auto taken = back.take_all();
    REQUIRE(taken.has_value());
    REQUIRE(taken->size() == 3);
    EXPECT((*taken)[0].bytes == counting_bytes(101));
    EXPECT(front.reap() == std::vector<std::int16_t>(4, 0));
    EXPECT(front.complaints().empty());
  }

  TEST_CASE("every refusal and fault has a name") {
    for (int i = 0; i < static_cast<int>(TxRefusal::kCount); ++i)
      EXPECT_FALSE(describe(static_cast<TxRefusal>(i)).empty());
    for (int i = 0; i < static_cast<int>(RingFault::kCount); ++i)
      EXPECT_FALSE(describe(static_cast<RingFault>(i)).empty());
  }
}

}  // namespace
}  // namespace sallyport::netback
