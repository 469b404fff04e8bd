#include <algorithm>
#include <vector>

#include "gateway/inside_batch.h"
#include "gateway/outside_batch.h"
#include "test.h"

namespace sallyport::gateway {
namespace {

void add(OutsideBatch& batch, std::size_t ip_size, std::uint8_t fill) {
  const auto claim = batch.claim(ip_size);
  REQUIRE(claim.packet.size() == ip_size);
  std::ranges::fill(claim.sealed, fill);
  batch.commit();
}

TEST_SUITE("gateway/outside_batch") {
  TEST_CASE("equal packets make one train, a shorter one ends it, a longer one begins the next") {
    OutsideBatch batch;
    batch.configure({.front = 24}, OutsideFraming::kDatagrams);
    for (int i = 0; i < 5; ++i) add(batch, 1000, 1);
    add(batch, 500, 2);
    add(batch, 500, 3);
    add(batch, 1000, 4);
    REQUIRE(batch.trains().size() == 3);
    EXPECT(batch.trains()[0].bytes.size() == 5 * 1024 + 524);
    EXPECT(batch.trains()[0].segment_size == 1024);
    EXPECT(batch.trains()[0].bytes[5 * 1024] == 2);
    EXPECT(batch.trains()[1].bytes.size() == 524);
    EXPECT(batch.trains()[2].segment_size == 1024);
  }

  TEST_CASE("a train keeps to what the kernel takes") {
    OutsideBatch batch;
    batch.configure({.front = 24}, OutsideFraming::kDatagrams);
    for (int i = 0; i < 130; ++i) add(batch, 100, 1);
    REQUIRE(batch.trains().size() == 3);
    EXPECT(batch.trains()[0].bytes.size() == 64 * 124);
    batch.clear();
    for (int i = 0; i < 100; ++i) add(batch, 1440, 1);
    for (const OutsideTrain& train : batch.trains()) EXPECT(train.bytes.size() <= 65000);
  }

  TEST_CASE("a claim that is not committed leaves nothing behind") {
    OutsideBatch batch;
    batch.configure({.front = 24, .back = 1}, OutsideFraming::kDatagrams);
    batch.claim(1000);
    EXPECT(batch.empty());
    const auto again = batch.claim(10);
    EXPECT(again.sealed.size() == 35);
    EXPECT(again.packet.data() == again.sealed.data() + 24);
  }

  TEST_CASE("a relay's header stands before each datagram, and the packet where it was") {
    OutsideBatch batch;
    batch.configure({.front = 24}, OutsideFraming::kDatagrams, {7, 8, 9});
    add(batch, 100, 1);
    add(batch, 100, 2);
    REQUIRE(batch.trains().size() == 1);
    const OutsideTrain& train = batch.trains()[0];
    EXPECT(train.segment_size == 3 + 124);
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT(train.bytes[i * 127] == 7);
      EXPECT(train.bytes[i * 127 + 2] == 9);
      EXPECT(train.bytes[i * 127 + 3 + 24] == i + 1);
    }
  }

  TEST_CASE("padding to whole blocks counts in what goes out") {
    OutsideBatch batch;
    batch.configure({.front = 60, .back = 0, .block = 16, .encrypted = 4},
                    OutsideFraming::kDatagrams);
    for (std::size_t size = 1; size < 40; ++size) {
      const auto claim = batch.claim(size);
      EXPECT((claim.sealed.size() - 56) % 16 == 0);
      EXPECT(claim.sealed.size() > 60 + size);
      EXPECT(claim.packet.size() == size);
    }
  }

  TEST_CASE("over a stream packets stand behind their lengths, in long stretches") {
    OutsideBatch batch;
    batch.configure({.front = 24}, OutsideFraming::kStream);
    add(batch, 100, 1);
    add(batch, 300, 2);
    add(batch, 200, 3);
    REQUIRE(batch.trains().size() == 1);
    const base::Bytes bytes = batch.trains()[0].bytes;
    EXPECT(bytes.size() == 600 + 3 * 26);
    EXPECT(bytes[0] == 0);
    EXPECT(bytes[1] == 124);
    EXPECT(bytes[126] == 1);
    EXPECT(bytes[127] == (324 & 0xff));
    for (int i = 0; i < 200; ++i) add(batch, 1400, 4);
    for (const OutsideTrain& train : batch.trains()) EXPECT(train.bytes.size() <= 65000);
  }

  TEST_CASE("on a slow uplink little is enough, trains are short, and what is taken still fits") {
    OutsideBatch batch;
    batch.configure({.front = 24}, OutsideFraming::kDatagrams);
    EXPECT_FALSE(batch.is_enough());
    batch.set_enough(12'000);
    for (int i = 0; i < 8; ++i) add(batch, 1400, 1);
    EXPECT_FALSE(batch.is_enough());
    // A super-packet that is longer than that.
    for (int i = 0; i < 45; ++i) add(batch, 1400, 1);
    EXPECT(batch.is_enough());
    EXPECT(batch.has_room());
    for (const OutsideTrain& train : batch.trains()) EXPECT(train.bytes.size() <= 12'000);
    // No uplink is too slow for a datagram.
    batch.clear();
    batch.set_enough(100);
    add(batch, 1400, 1);
    EXPECT(batch.trains().size() == 1);
  }

  TEST_CASE("there is room for the largest super-packet it takes as long as it says so") {
    OutsideBatch batch;
    batch.configure({.front = 24}, OutsideFraming::kDatagrams);
    EXPECT(batch.takes(1366, 1366 * (48 + 60)));
    EXPECT_FALSE(batch.takes(1366, 1366 * (48 + 120)));
    int super_packets = 0;
    while (batch.has_room()) {
      for (int i = 0; i < 1366; ++i) add(batch, 48 + 60, 1);
      ++super_packets;
    }
    EXPECT(super_packets >= 2);
  }
}

TEST_SUITE("gateway/inside_batch") {
  TEST_CASE("keeps frames and their pieces in order") {
    InsideBatch batch;
    const std::vector<std::uint8_t> header(14, 1), one(100, 2), two(50, 3);
    const base::Bytes rest[] = {one, two};
    batch.add(net::ClientId(1), {}, header, rest);
    batch.add(net::ClientId(2), {}, header);
    REQUIRE(batch.frames().size() == 2);
    EXPECT(batch.pieces_of(batch.frames()[0]).size() == 3);
    EXPECT(batch.pieces_of(batch.frames()[0])[2].data() == two.data());
    EXPECT(batch.pieces_of(batch.frames()[1]).size() == 1);
    EXPECT(batch.frames()[1].client == net::ClientId(2));
    batch.clear();
    EXPECT(batch.empty());
  }

  TEST_CASE("scratch space lasts until cleared, and is bounded") {
    InsideBatch batch;
    int frames = 0;
    while (batch.has_room()) {
      batch.add(net::ClientId(1), {}, batch.scratch(1280));
      ++frames;
    }
    EXPECT(frames > 30);
    batch.clear();
    EXPECT(batch.has_room());
  }
}

}  // namespace
}  // namespace sallyport::gateway
