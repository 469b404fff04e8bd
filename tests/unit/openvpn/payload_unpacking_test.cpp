// What a peer compressed, as it comes out of the data channel.
#include "openvpn/data/payload_unpacking.h"

#include <algorithm>
#include <array>
#include <deque>

#include "counting_rng.h"
#include "openvpn/data/data_channel.h"
#include "test.h"
#include "test_data.h"
#include "unsealed.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

using Packet = std::vector<std::uint8_t>;

// As liblzo2 and liblz4 compress 1,500 zeros (tests/data/compression).
constexpr std::size_t kZeros = 1500;

Packet block_of(const char* name) {
  const std::string file = testing::read_test_data("compression/" + std::string(name));
  return {file.begin(), file.end()};
}

// As openvpn frames a block: the mark in front, and with kStub the first byte at the end.
Packet framed(CompressionFraming framing, Packet block) {
  switch (framing) {
    case CompressionFraming::kNone:
      break;
    case CompressionFraming::kLzo:
      block.insert(block.begin(), kLzoMark);
      break;
    case CompressionFraming::kStub:
      block.push_back(std::exchange(block.front(), kLz4Mark));
      break;
    case CompressionFraming::kStubV2:
      block.insert(block.begin(), {0x50, kV2Lz4});
      break;
  }
  return block;
}

// A client that agreed to `framing`, and a server that sends what it likes.
struct Ends {
  testing::CountingRng rng;
  BatchMemory memory;
  DataChannel client{Role::kClient, 64, rng, memory};
  DataChannel server{Role::kServer, 64, rng, memory};

  Ends(CompressionFraming framing, bool decompress) {
    client.configure({{DataCipher::kAes256Gcm}, PeerId(1), framing, 0, decompress});
    server.configure({{DataCipher::kAes256Gcm}, PeerId(1), CompressionFraming::kNone});
    for (DataChannel* const end : {&client, &server})
      end->add_key(KeyId{}, StaticKey(vectors::counting_bytes(256)), base::Instant{});
  }
  Packet sealed(const Packet& plain) {
    Packet datagram = testing::unsealed(server.seal_room(), plain);
    REQUIRE(server.seal(datagram, plain.size()).has_value());
    return datagram;
  }
  std::expected<Opened, DropReason> receive(const Packet& plain) {
    datagrams.push_back(sealed(plain));
    return client.open(datagrams.back());
  }
  std::deque<Packet> datagrams;
};

struct Row {
  CompressionFraming framing;
  const char* block;
};
constexpr std::array kRows{
    Row{CompressionFraming::kLzo, "zeros.lzo1"}, Row{CompressionFraming::kLzo, "zeros.lzo9"},
    Row{CompressionFraming::kStub, "zeros.lz4-1"}, Row{CompressionFraming::kStubV2, "zeros.lz4-1"}};

// LZO's instructions for so many zeros, at least 35 of them.
Packet lzo_zeros(std::size_t count) {
  Packet block{18, 0, 0x20};
  std::size_t rest = count - 1 - 33;
  for (; rest > 255; rest -= 255) block.push_back(0);
  block.insert(block.end(), {static_cast<std::uint8_t>(rest), 0, 0, 0x11, 0, 0});
  return block;
}

TEST_SUITE("openvpn/payload_unpacking") {
  TEST_CASE("what a peer compressed is taken, where that was agreed on") {
    for (const Row& row : kRows) {
      CAPTURE(std::string(row.block));
      Ends ends(row.framing, /*decompress=*/true);
      const auto opened = ends.receive(framed(row.framing, block_of(row.block)));
      REQUIRE(opened.has_value());
      EXPECT(opened->kind == Opened::Kind::kPacket);
      EXPECT(opened->packet.size() == kZeros);
      EXPECT(std::ranges::all_of(opened->packet, [](std::uint8_t byte) { return byte == 0; }));
      // What is not compressed passes as ever.
      Packet plain{0x45, 1, 2, 3};
      if (row.framing == CompressionFraming::kLzo) plain.insert(plain.begin(), 0xfa);
      if (row.framing == CompressionFraming::kStub) plain = {0xfb, 1, 2, 3, 0x45};
      EXPECT(ends.receive(plain)->packet.size() == 4);
    }
  }

  TEST_CASE("what a peer compressed is dropped, where that was not agreed on") {
    for (const Row& row : kRows) {
      Ends ends(row.framing, /*decompress=*/false);
      EXPECT(ends.receive(framed(row.framing, block_of(row.block))).error() ==
             DropReason::kCompressed);
    }
    // The other algorithm than the framing's.
    for (const auto& [framing, plain] :
         {std::pair{CompressionFraming::kLzo, Packet{kLz4Mark, 1, 2}},
          std::pair{CompressionFraming::kStub, Packet{kLzoMark, 1, 2}}}) {
      Ends ends(framing, /*decompress=*/true);
      EXPECT(ends.receive(plain).error() == DropReason::kBadCompression);
    }
    Ends ends(CompressionFraming::kStubV2, /*decompress=*/true);
    EXPECT(ends.receive({0x50, 0x02, 1, 2}).error() == DropReason::kBadFraming);
  }

  TEST_CASE("what is sent is not compressed, whatever was agreed on") {
    const Packet packet(kZeros, 0x45);
    for (const Row& row : kRows) {
      Ends ends(row.framing, /*decompress=*/true);
      Packet datagram = testing::unsealed(ends.client.seal_room(), packet);
      REQUIRE(ends.client.seal(datagram, packet.size()).has_value());
      const auto opened = ends.server.open(datagram);
      REQUIRE(opened.has_value());
      const auto same = [](std::uint8_t byte) { return byte == 0x45; };
      EXPECT(std::ranges::count_if(opened->packet, same) == kZeros);
    }
  }

  TEST_CASE("what does not decompress, or to more than the tunnel's largest packet, is dropped") {
    Ends ends(CompressionFraming::kLzo, /*decompress=*/true);
    const auto outcome = [&](Packet block) {
      return ends.receive(framed(CompressionFraming::kLzo, std::move(block)));
    };
    EXPECT(outcome(lzo_zeros(TunnelOptions::kMaxTunMtu))->packet.size() ==
           TunnelOptions::kMaxTunMtu);
    EXPECT(outcome(lzo_zeros(TunnelOptions::kMaxTunMtu + 1)).error() ==
           DropReason::kBadCompression);
    EXPECT(outcome(lzo_zeros(60000)).error() == DropReason::kBadCompression);
    EXPECT(outcome({}).error() == DropReason::kBadCompression);
    EXPECT(outcome({1, 2, 3}).error() == DropReason::kBadCompression);
    for (const auto& [framing, plain] : {std::pair{CompressionFraming::kStub, Packet{kLz4Mark}},
                                         std::pair{CompressionFraming::kStubV2, Packet{0x50, 1}}}) {
      Ends others(framing, /*decompress=*/true);
      EXPECT(others.receive(plain).error() == DropReason::kBadCompression);
    }
  }

  TEST_CASE("only what is authentic and new is decompressed") {
    Ends ends(CompressionFraming::kLzo, /*decompress=*/true);
    const Packet datagram = ends.sealed(framed(CompressionFraming::kLzo, block_of("zeros.lzo1")));
    const auto untouched = ends.memory.space();
    std::ranges::fill(untouched, std::uint8_t{0xaa});
    for (std::size_t at = 1; at < datagram.size(); ++at) {
      Packet forged = datagram;
      forged[at] ^= 1;
      EXPECT_FALSE(ends.client.open(forged).has_value());
    }
    const auto is_filling = [](std::uint8_t byte) { return byte == 0xaa; };
    EXPECT(std::ranges::all_of(untouched, is_filling));
    Packet genuine = datagram, again = datagram;
    REQUIRE(ends.client.open(genuine).has_value());
    EXPECT_FALSE(std::ranges::all_of(untouched, is_filling));
    std::ranges::fill(untouched, std::uint8_t{0xaa});
    EXPECT(ends.client.open(again).error() == DropReason::kDataReplay);
    EXPECT(std::ranges::all_of(untouched, is_filling));
  }

  TEST_CASE("packets of a batch stay until it is done, and there is room for a bounded number") {
    Ends ends(CompressionFraming::kLzo, /*decompress=*/true);
    std::vector<base::MutableBytes> packets;
    DropReason reason{};
    for (;;) {
      ends.datagrams.clear();
      const auto opened =
          ends.receive(framed(CompressionFraming::kLzo, lzo_zeros(TunnelOptions::kMaxTunMtu)));
      if (!opened) {
        reason = opened.error();
        break;
      }
      packets.push_back(opened->packet);
      std::ranges::fill(packets.back(), static_cast<std::uint8_t>(packets.size()));
    }
    EXPECT(reason == DropReason::kBatchFull);
    EXPECT(packets.size() >= BatchMemory::kMostPackets);
    for (std::size_t i = 0; i < packets.size(); ++i) {
      EXPECT(std::ranges::all_of(
          packets[i], [&](std::uint8_t byte) { return byte == static_cast<std::uint8_t>(i + 1); }));
    }
    ends.client.batch_done({});
    EXPECT(ends.receive(framed(CompressionFraming::kLzo, block_of("zeros.lzo1"))).has_value());
  }
}

}  // namespace
}  // namespace sallyport::openvpn
