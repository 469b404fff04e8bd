// Guests that do what no netfront does. What they may cost is their own packet or their own vif.
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <vector>

#include "netback_driver.h"
#include "test.h"

namespace sallyport::netback {
namespace {

using testing::counting_bytes;
using testing::NetbackDriver;
using testing::Netfront;

constexpr std::uint16_t kMore = TxFlags::kMoreData;
constexpr std::uint16_t kExtra = TxFlags::kExtraInfo;
constexpr std::uint32_t kRef = 1000;

// The answers to what `write` puts on the ring between two good packets, all of one refusal.
std::vector<std::int16_t> refused(TxRefusal refusal, const std::function<void(Netfront&)>& write) {
  Netfront front;
  NetbackDriver back(front);
  REQUIRE(front.queue(counting_bytes(100)));
  write(front);
  REQUIRE(front.queue(counting_bytes(200)));
  front.push_tx();
  const auto taken = back.take_all();
  REQUIRE(taken.has_value());
  REQUIRE(taken->size() == 2);
  EXPECT((*taken)[0].bytes == counting_bytes(100));
  EXPECT((*taken)[1].bytes == counting_bytes(200));
  EXPECT(back.tx().counters().refused[refusal] == 1);
  EXPECT(back.tx().counters().refused.total() == 1);
  EXPECT(back.tx().counters().packets == 2);
  auto statuses = front.reap();
  EXPECT(front.complaints().empty());
  REQUIRE(statuses.size() >= 2);
  EXPECT(statuses.front() == 0);
  EXPECT(statuses.back() == 0);
  return {statuses.begin() + 1, statuses.end() - 1};
}

// What `write` puts on the ring ends the vif: nothing of it is copied or answered, ever.
RingFault fault(const std::function<void(Netfront&)>& write) {
  Netfront front;
  NetbackDriver back(front);
  REQUIRE(front.queue(counting_bytes(100)));
  write(front);
  front.push_tx();
  const auto taken = back.take();
  REQUIRE_FALSE(taken.has_value());
  EXPECT(front.tx_memory().calls() == 0);
  EXPECT(front.tx().responses() == 0);
  // For good, whatever the guest does to please.
  front.tx().write(testing::FrontRing::kReqProd, 0);
  EXPECT(back.take().error() == taken.error());
  EXPECT(back.tx().rearm() == std::unexpected(taken.error()));
  return taken.error();
}

using Statuses = std::vector<std::int16_t>;

TEST_SUITE("netback/tx_hostile") {
  TEST_CASE("a packet shorter than an Ethernet header is refused") {
    for (const std::uint16_t size : testing::Words{0, 1, 13})
      EXPECT(refused(TxRefusal::kTooShort, [size](Netfront& front) {
               front.put_request(kRef, 0, 0, size);
             }) == Statuses{-1});
  }

  TEST_CASE("a packet of more than 18 slots is refused, and each of its slots answered") {
    for (const int slots : {19, 20, 21, 100, 254}) {
      const auto statuses = refused(TxRefusal::kTooManySlots, [slots](Netfront& front) {
        front.put_request(kRef, 0, kMore, 60000);
        for (int i = 1; i < slots; ++i)
          front.put_request(kRef, 0, i + 1 < slots ? kMore : std::uint16_t{0}, 10);
      });
      EXPECT(statuses == Statuses(static_cast<std::size_t>(slots), -1));
    }
  }

  TEST_CASE("later slots that hold more than the packet are refused") {
    EXPECT(refused(TxRefusal::kSizesDisagree, [](Netfront& front) {
             front.put_request(kRef, 0, kMore, 100);
             front.put_request(kRef, 0, 0, 101);
           }) == Statuses{-1, -1});
    EXPECT(refused(TxRefusal::kSizesDisagree, [](Netfront& front) {
             front.put_request(kRef, 0, kMore, 65535);
             for (int i = 0; i < 16; ++i) front.put_request(kRef, 0, kMore, 4096);
             front.put_request(kRef, 0, 0, 4096);
           }) == Statuses(18, -1));
  }

  TEST_CASE("a request for multicast filters is refused, since none were offered") {
    for (const std::uint8_t type : testing::Octets{2, 3})
      EXPECT(refused(TxRefusal::kMulticastControl, [type](Netfront& front) {
               front.put_request(kRef, 0, kExtra, 0);
               front.put_extra({type, 0, 1, 0, 0x5e, 0, 0, 1});
             }) == Statuses{-1});
  }

  TEST_CASE("a grant reference that is not granted is refused") {
    for (const std::uint32_t ref : {0u, 999u, 1256u, 0xffff'ffffu})
      EXPECT(refused(TxRefusal::kCopyFailed,
                     [ref](Netfront& front) { front.put_request(ref, 0, 0, 60); }) == Statuses{-1});
  }

  TEST_CASE("slots without data are no copies") {
    Netfront front;
    NetbackDriver back(front);
    front.put_request(kRef, 4095, kMore, 60);
    front.put_request(kRef, 0, kMore, 60);
    front.put_request(kRef, 4096, 0, 0);
    front.push_tx();
    EXPECT(back.take_all()->size() == 1);
    EXPECT(front.tx_memory().operations() == 1);
    EXPECT(back.copies_are_sound);
    EXPECT(front.reap() == Statuses{0, 0, 0});
  }

  TEST_CASE("data that reach beyond their page end the vif") {
    EXPECT(fault([](Netfront& front) { front.put_request(kRef, 4000, 0, 97); }) ==
           RingFault::kCrossesPage);
    EXPECT(fault([](Netfront& front) { front.put_request(kRef, 0xffff, 0, 0xffff); }) ==
           RingFault::kCrossesPage);
    EXPECT(fault([](Netfront& front) { front.put_request(kRef, 0, 0, 4097); }) ==
           RingFault::kCrossesPage);
    EXPECT(fault([](Netfront& front) {
             front.put_request(kRef, 0, kMore, 4196);
             front.put_request(kRef, 1, 0, 4096);
           }) == RingFault::kCrossesPage);
    // The first slot's own size is what the others leave of the total.
    EXPECT(fault([](Netfront& front) {
             front.put_request(kRef, 0, kMore, 8193);
             front.put_request(kRef, 0, 0, 4096);
           }) == RingFault::kCrossesPage);
  }

  TEST_CASE("a packet that is not all there ends the vif") {
    EXPECT(fault([](Netfront& front) { front.put_request(kRef, 0, kMore, 100); }) ==
           RingFault::kIncompletePacket);
    EXPECT(fault([](Netfront& front) { front.put_request(kRef, 0, kExtra, 100); }) ==
           RingFault::kIncompletePacket);
    EXPECT(fault([](Netfront& front) {
             front.put_request(kRef, 0, kExtra | kMore, 100);
             front.put_extra({1, 0, 100, 0, 1, 0, 0, 0});
           }) == RingFault::kIncompletePacket);
    EXPECT(fault([](Netfront& front) {
             front.put_request(kRef, 0, kExtra, 100);
             front.put_extra({1, 1, 100, 0, 1, 0, 0, 0});
           }) == RingFault::kIncompletePacket);
    EXPECT(fault([](Netfront& front) {
             front.put_request(kRef, 0, kMore, 100);
             for (int i = 0; i < 254; ++i) front.put_request(kRef, 0, kMore, 0);
           }) == RingFault::kIncompletePacket);
  }

  TEST_CASE("an extra-info of no known type ends the vif") {
    for (const int type : {0, 5, 6, 255})
      EXPECT(fault([type](Netfront& front) {
               front.put_request(kRef, 0, kExtra, 100);
               front.put_extra({static_cast<std::uint8_t>(type), 0, 0, 0, 0, 0, 0, 0});
             }) == RingFault::kInvalidExtra);
  }

  TEST_CASE("a chain of extra-infos without end ends the vif") {
    for (const int extras : {5, 200})
      EXPECT(fault([extras](Netfront& front) {
               front.put_request(kRef, 0, kExtra, 100);
               for (int i = 0; i < extras; ++i)
                 front.put_extra(
                     {4, i + 1 < extras ? std::uint8_t{1} : std::uint8_t{0}, 0, 0, 0, 0, 0, 0});
             }) == RingFault::kTooManyExtras);
  }

  TEST_CASE("an impossible segmentation ends the vif") {
    EXPECT(fault([](Netfront& front) {
             front.put_request(kRef, 0, kExtra, 100);
             front.put_extra({1, 0, 0, 0, 1, 0, 0, 0});
           }) == RingFault::kGsoSize);
    for (const int type : {0, 3, 255})
      EXPECT(fault([type](Netfront& front) {
               front.put_request(kRef, 0, kExtra, 100);
               front.put_extra({1, 0, 1, 0, static_cast<std::uint8_t>(type), 0, 0, 0});
             }) == RingFault::kGsoType);
  }

  TEST_CASE("an index out of range ends the vif") {
    for (const std::uint32_t produced : {257u, 0x8000'0000u, 0xffff'ffffu}) {
      Netfront front;
      NetbackDriver back(front);
      front.tx().write(testing::FrontRing::kReqProd, produced);
      EXPECT(back.take().error() == RingFault::kProducerOverrun);
      front.tx().write(testing::FrontRing::kReqProd, 0);
      EXPECT(back.tx().rearm() == std::unexpected(RingFault::kProducerOverrun));
    }
  }

  TEST_CASE("an index that goes out of range while we look away ends the vif") {
    Netfront front;
    NetbackDriver back(front);
    REQUIRE(front.send(counting_bytes(100)).has_value());
    REQUIRE(back.take().has_value());
    front.tx().write(testing::FrontRing::kReqProd, 5000);
    EXPECT(back.tx().rearm() == std::unexpected(RingFault::kProducerOverrun));
    front.tx().write(testing::FrontRing::kReqProd, 1);
    const auto taken = back.take();
    REQUIRE_FALSE(taken.has_value());
    EXPECT(taken.error() == RingFault::kProducerOverrun);
  }

  TEST_CASE("a request changed after it was read changes nothing") {
    Netfront front;
    TxRing ring(front.tx().page());
    const auto batch = std::make_unique<TxBatch>();
    testing::ByteVector pool(TxRing::kMinPool);
    REQUIRE(front.send(counting_bytes(100)).has_value());
    REQUIRE(ring.begin(*batch, pool).has_value());
    for (std::size_t word = 0; word < 1024; ++word)
      if (word != testing::FrontRing::kRspEvent) front.tx().write(word, 0xffff'ffff);
    REQUIRE(batch->copies().size() == 1);
    EXPECT(batch->copies()[0].ref == GrantRef(1000));
    EXPECT(batch->copies()[0].local.size() == 100);
    front.tx_memory().run(batch->copies());
    ring.finish(*batch);
    REQUIRE(batch->packets().size() == 1);
    EXPECT(batch->packets()[0].bytes.size() == 100);
    EXPECT(front.reap() == Statuses{0});
    EXPECT(ring.begin(*batch, pool).error() == RingFault::kProducerOverrun);
  }
}

}  // namespace
}  // namespace sallyport::netback
