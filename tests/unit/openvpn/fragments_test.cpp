#include "openvpn/data/fragments.h"

#include <chrono>

#include "base/endian.h"
#include "counting_rng.h"
#include "openvpn/data/data_channel.h"
#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

using Packet = std::vector<std::uint8_t>;

Packet packet_of(std::size_t size) {
  Packet packet(size);
  for (std::size_t i = 0; i < size; ++i) packet[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  return packet;
}

// A piece with that header word.
Packet piece(std::uint32_t word, base::Bytes content) {
  Packet bytes(kFragmentHeaderSize);
  base::store_u32(bytes, 0, word);
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}

std::vector<Packet> cut(const Packet& packet, std::size_t limit, std::uint8_t sequence) {
  const auto plan = FragmentPlan::make(packet.size(), limit, sequence).value();
  std::vector<Packet> pieces;
  for (std::size_t i = 0; i < plan.count(); ++i) {
    pieces.emplace_back(plan.size(i));
    plan.write(i, packet, pieces.back());
  }
  return pieces;
}

base::Instant at(int second) {
  return base::Instant(std::chrono::seconds(second));
}

TEST_SUITE("openvpn/fragments") {
  // Header words and sizes as OpenVPN 2.6.14 sent a packet of 1,400 bytes with 'fragment 500',
  // captured between two of them with 'cipher none'.
  TEST_CASE("puts together what OpenVPN cut") {
    const Packet packet = packet_of(1400);
    const base::Bytes all = packet;
    for (const std::uint32_t sequence : {0u, 4u}) {
      BatchMemory memory;
      FragmentReassembly reassembly(memory);
      Packet one = piece(0x0000038d + sequence, all.first(488));
      Packet two = piece(0x0000078d + sequence, all.subspan(488, 488));
      Packet last = piece(0x003d0b8e + sequence, all.subspan(976));
      EXPECT_FALSE(reassembly.add(one)->has_value());
      EXPECT_FALSE(reassembly.add(two)->has_value());
      const auto whole = reassembly.add(last);
      REQUIRE(whole.has_value());
      REQUIRE(whole->has_value());
      EXPECT(std::ranges::equal(**whole, packet));
    }
    BatchMemory memory;
    FragmentReassembly reassembly(memory);
    Packet whole = piece(0, all.first(128));
    EXPECT(std::ranges::equal(**reassembly.add(whole), all.first(128)));
  }

  TEST_CASE("our headers are OpenVPN's") {
    EXPECT(cut(packet_of(100), 488, 7).at(0) == piece(0, packet_of(100)));
    const auto pieces = cut(packet_of(1464), 488, 0xe3);
    REQUIRE(pieces.size() == 3);
    EXPECT(base::load_u32(pieces[0], 0) == 0x0000038d);
    EXPECT(base::load_u32(pieces[1], 0) == 0x0000078d);
    EXPECT(base::load_u32(pieces[2], 0) == 0x003d0b8e);
  }

  TEST_CASE("pieces come together in any order, and two packets at once") {
    BatchMemory memory;
    FragmentReassembly reassembly(memory);
    const Packet one = packet_of(1000), other = packet_of(1200);
    auto first = cut(one, 300, 1), second = cut(other, 300, 2);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT(reassembly.add(first[3 - i])->has_value() == (i == 3));
      EXPECT(reassembly.add(second[(i + 2) % 4])->has_value() == (i == 3));
    }
  }

  TEST_CASE("a lost piece never joins a packet of another time") {
    const Packet old_packet = packet_of(800);
    Packet new_packet = old_packet;
    for (std::uint8_t& byte : new_packet) byte ^= 0xff;
    auto old_pieces = cut(old_packet, 400, 9), new_pieces = cut(new_packet, 400, 9);
    {
      BatchMemory memory;
      FragmentReassembly reassembly(memory);
      REQUIRE(reassembly.add(old_pieces[0]).has_value());
      reassembly.batch_done(at(100));
      reassembly.batch_done(at(110));
      EXPECT_FALSE(reassembly.add(new_pieces[1])->has_value());
    }
    BatchMemory memory;
    FragmentReassembly reassembly(memory);
    REQUIRE(reassembly.add(old_pieces[0]).has_value());
    for (std::uint8_t sequence = 10; sequence != 9; ++sequence) {
      auto between = cut(old_packet, 400, sequence);
      REQUIRE(reassembly.add(between[0]).has_value());
    }
    EXPECT_FALSE(reassembly.add(new_pieces[1])->has_value());
  }

  TEST_CASE(
      "R14: malformed pieces are dropped: sizes of zero (CVE-2023-46849), too large, twice, "
      "tests") {
    const Packet some = packet_of(64);
    const auto drops = [](Packet bytes) {
      BatchMemory memory;
      FragmentReassembly reassembly(memory);
      return !reassembly.add(bytes).has_value();
    };
    EXPECT(drops(piece(0x00000002, some)));                      // last, of pieces of size zero
    EXPECT(drops(piece(0x1fff8002 | 31 << 10, some)));           // far beyond any packet
    EXPECT(drops(piece(0x00000001 | 31 << 10, packet_of(68))));  // beyond the limit
    EXPECT(drops(piece(0x00000001, packet_of(62))));             // no multiple of four
    EXPECT(drops(piece(0x00000003, some)));                      // a test
    EXPECT(drops(piece(0x00000001, {})));                        // empty
    EXPECT(drops(piece(0x00040002 | 1 << 10, some)));            // last, larger than the others
    EXPECT(drops(Packet{1, 2, 3}));
    BatchMemory memory;
    FragmentReassembly reassembly(memory);
    Packet once = piece(0x00000001, some), again = once;
    EXPECT(reassembly.add(once).has_value());
    EXPECT(reassembly.add(again).error() == DropReason::kBadFragment);
    // A piece behind the last one.
    Packet fourth = piece(0x00000001 | 3 << 10, some), second = piece(0x00080002 | 1 << 10, some);
    REQUIRE(reassembly.add(fourth).has_value());
    EXPECT(reassembly.add(second).error() == DropReason::kBadFragment);
  }

  TEST_CASE("what was put together stays until the next batch") {
    BatchMemory memory;
    FragmentReassembly reassembly(memory);
    std::vector<base::MutableBytes> wholes;
    for (std::uint8_t i = 0; i < 100; ++i) {
      auto pieces = cut(Packet(600, i), 300, i);
      REQUIRE(reassembly.add(pieces[0]).has_value());
      wholes.push_back(**reassembly.add(pieces[1]));
    }
    reassembly.batch_done(at(1));
    for (std::uint8_t i = 0; i < 100; ++i)
      EXPECT(std::ranges::all_of(wholes[i], [&](std::uint8_t byte) { return byte == i; }));
  }

  TEST_CASE("the data channel cuts, and no datagram is larger than it was told") {
    testing::CountingRng rng;
    for (const auto cipher : {DataCipher::kAes256Gcm, DataCipher::kAes256Cbc}) {
      for (const auto framing :
           {CompressionFraming::kNone, CompressionFraming::kLzo, CompressionFraming::kStub}) {
        BatchMemory memory;
        DataChannel client(Role::kClient, 64, rng, memory), server(Role::kServer, 64, rng, memory);
        for (DataChannel* const end : {&client, &server}) {
          end->configure({{cipher}, PeerId(1), framing, 500});
          end->add_key(KeyId{}, StaticKey(vectors::counting_bytes(256)), at(0));
        }
        for (const std::size_t size : {std::size_t{1}, std::size_t{400}, std::size_t{1500}}) {
          const Packet packet = packet_of(size);
          std::ranges::copy(packet, client.packet_space(size).begin());
          const auto plan = client.cut();
          REQUIRE(plan.has_value());
          EXPECT(plan->count() <= client.most_pieces(size));
          std::vector<std::uint8_t> arrived;
          for (std::size_t i = 0; i < plan->count(); ++i) {
            const SealRoom room = client.seal_room();
            Packet datagram(room.sealed_size(plan->size(i)));
            client.piece(*plan, i, std::span(datagram).subspan(room.front, plan->size(i)));
            REQUIRE(client.seal(datagram, plan->size(i)).has_value());
            EXPECT(datagram.size() <= 500);
            const auto opened = server.open(datagram);
            REQUIRE(opened.has_value());
            arrived.assign(opened->packet.begin(), opened->packet.end());
          }
          EXPECT(arrived == packet);
          // What mssfix counts with.
          const std::size_t largest = client.packet_room().largest_packet(500);
          EXPECT((size <= largest) == (plan->count() == 1));
        }
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
