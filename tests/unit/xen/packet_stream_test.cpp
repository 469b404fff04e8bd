#include "xen/packet_stream.h"

#include <algorithm>
#include <vector>

#include "counting_rng.h"
#include "test.h"

namespace sallyport::xen {
namespace {

std::vector<std::uint8_t> record(const PacketHeader& header, std::uint8_t fill) {
  const auto bytes = header.serialize();
  std::vector<std::uint8_t> all(bytes.begin(), bytes.end());
  all.resize(PacketHeader::kSize + header.length, fill);
  return all;
}

PacketHeader header_of_length(std::uint16_t length) {
  PacketHeader header;
  header.length = length;
  return header;
}

// Gives `stream` to the reader in portions of at most `step` bytes; returns the packets' sizes and
// first bytes.
std::vector<std::pair<std::size_t, std::uint8_t>> read_all(PacketStreamReader& reader,
                                                           base::Bytes stream, std::size_t step) {
  std::vector<std::pair<std::size_t, std::uint8_t>> packets;
  while (!stream.empty()) {
    const base::MutableBytes space = reader.free_space();
    REQUIRE_FALSE(space.empty());
    const std::size_t count = std::min({stream.size(), step, space.size()});
    std::ranges::copy(stream.first(count), space.begin());
    reader.filled(count);
    stream = stream.subspan(count);
    for (;;) {
      const auto packet = reader.next();
      REQUIRE(packet.has_value());
      if (!*packet) break;
      packets.emplace_back((*packet)->bytes.size(), (*packet)->bytes[0]);
    }
  }
  return packets;
}

TEST_SUITE("xen/packet_stream") {
  TEST_CASE("a header is what was written") {
    PacketHeader header;
    header.length = 64000;
    header.needs_checksum = true;
    header.gso = PacketHeader::Gso::kTcp6;
    header.segment_size = 1400;
    header.checksum_start = 40;
    header.checksum_offset = 16;
    const auto bytes = header.serialize();
    EXPECT(PacketHeader::parse(bytes) == header);
    EXPECT(bytes[0] == 0xfa);
    EXPECT(bytes[1] == 0x00);
    EXPECT(bytes[2] == 1);
    EXPECT(bytes[3] == 2);
  }

  TEST_CASE("lengths, flags and segmentations that do not exist are no header") {
    for (const auto& [at, value] :
         {std::pair<std::size_t, std::uint8_t>{2, 4}, {2, 0x80}, {3, 4}, {3, 0xff}}) {
      auto bytes = header_of_length(100).serialize();
      bytes[at] = value;
      EXPECT_FALSE(PacketHeader::parse(bytes).has_value());
    }
    EXPECT_FALSE(PacketHeader::parse(header_of_length(19).serialize()).has_value());
    EXPECT(PacketHeader::parse(header_of_length(20).serialize()).has_value());
  }

  TEST_CASE("packets come out whole and in order, however the stream is cut") {
    testing::CountingRng rng(3);
    std::vector<std::uint8_t> stream;
    std::vector<std::pair<std::size_t, std::uint8_t>> sent;
    for (int i = 0; i < 200; ++i) {
      const auto size = static_cast<std::uint16_t>(
          i % 50 == 0 ? 65535 : 20 + base::random_value<std::uint16_t>(rng) % 3000);
      const auto fill = static_cast<std::uint8_t>(i);
      const auto one = record(header_of_length(size), fill);
      stream.insert(stream.end(), one.begin(), one.end());
      sent.emplace_back(size, fill);
    }
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{7}, std::size_t{4096}, stream.size()}) {
      PacketStreamReader reader;
      EXPECT(read_all(reader, stream, step) == sent);
    }
  }

  TEST_CASE("a stream that is no packets is broken for good") {
    PacketStreamReader reader;
    auto junk = record(header_of_length(20), 0);
    junk[3] = 9;
    std::ranges::copy(junk, reader.free_space().begin());
    reader.filled(junk.size());
    EXPECT_FALSE(reader.next().has_value());
    EXPECT_FALSE(reader.next().has_value());
  }
}

}  // namespace
}  // namespace sallyport::xen
