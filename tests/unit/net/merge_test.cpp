#include "net/merge.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "base/endian.h"
#include "counting_rng.h"
#include "net/segment.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;

const testing::Ends kEnds4 = ends("198.51.100.7", 443, "10.8.0.2", 40000);
const testing::Ends kEnds6 = ends("2001:db8::7", 443, "fd42::2", 40000);

ByteVector joined(MergedRun& run) {
  ByteVector bytes(run.packet().bytes.begin(), run.packet().bytes.end());
  for (const base::Bytes payload : run.payloads()) {
    bytes.insert(bytes.end(), payload.begin(), payload.end());
  }
  return bytes;
}

// What comes out of a merger, in order, and the buffers that went in.
class Batch {
 public:
  Batch() { merger_.merge_datagrams(true); }

  struct Out {
    ByteVector bytes;
    Offload offload;
    std::size_t segments;
  };

  void add(ByteVector bytes) {
    Packet packet = parse_packet(buffers_.emplace_back(std::move(bytes))).value();
    const bool held = merger_.add(packet);
    take();
    if (!held) {
      out_.push_back({ByteVector(packet.bytes.begin(), packet.bytes.end()), packet.offload, 1});
    }
  }

  std::vector<Out> finish() {
    merger_.flush();
    take();
    return std::move(out_);
  }

 private:
  void take() {
    while (MergedRun* const run = merger_.next()) {
      out_.push_back({joined(*run), run->packet().offload, run->payloads().size() + 1});
    }
  }

  Merger merger_;
  std::deque<ByteVector> buffers_;
  std::vector<Out> out_;
};

// Segment number `index` of 1000 bytes each.
ByteVector segment(const testing::Ends& each, unsigned index, std::uint8_t flags = 0x10,
                   std::size_t size = 1000) {
  return tcp_packet(
      each, {.flags = flags, .sequence = 0xffff'f000 + index * 1000, .options = ByteVector(12, 1)},
      counting_bytes(size, static_cast<std::uint8_t>(index)),
      {.id = static_cast<std::uint16_t>(100 + index)});
}

// Datagram number `index`.
ByteVector datagram(const testing::Ends& each, unsigned index, std::size_t size = 1000) {
  return udp_packet(each, counting_bytes(size, static_cast<std::uint8_t>(index)),
                    {.id = static_cast<std::uint16_t>(100 + index)});
}

// How many packets come out of two datagrams, the second one changed.
template <class Change>
std::size_t packets_of_two_datagrams(const testing::Ends& each, Change change) {
  Batch batch;
  batch.add(datagram(each, 0));
  ByteVector second = datagram(each, 1);
  change(second);
  batch.add(second);
  return batch.finish().size();
}

// How many packets come out of two segments, the second one changed.
template <class Change>
std::size_t packets_of_two(const testing::Ends& each, Change change) {
  Batch batch;
  batch.add(segment(each, 0));
  ByteVector second = segment(each, 1);
  change(second);
  batch.add(testing::with_new_checksums(second));
  const auto out = batch.finish();
  // Nothing is lost or overtaken either way.
  EXPECT(out[0].bytes.back() == (out.size() == 1 ? second : segment(each, 0)).back());
  return out.size();
}

TEST_SUITE("net/merge") {
  TEST_CASE("segments of one flow become one super-packet with a partial checksum") {
    for (const auto& each : {kEnds4, kEnds6}) {
      Batch batch;
      for (unsigned i = 0; i < 4; ++i) batch.add(segment(each, i));
      batch.add(segment(each, 4, 0x18, 300));
      const auto out = batch.finish();
      REQUIRE(out.size() == 1);
      EXPECT(out[0].segments == 5);
      const bool v4 = each.source.is_v4();
      EXPECT(out[0].offload == Offload{.gso = v4 ? Gso::kTcp4 : Gso::kTcp6,
                                       .segment_size = 1000,
                                       .needs_checksum = true,
                                       .checksum_start = static_cast<std::uint16_t>(v4 ? 20 : 40),
                                       .checksum_offset = 16});
      ByteVector bytes = out[0].bytes;
      EXPECT(bytes == testing::with_partial_checksum(bytes));
      const Packet packet = parse_packet(bytes, out[0].offload).value();
      EXPECT(packet.payload_length() == 4300);
      EXPECT(packet.tcp.flags == (TcpFlags::kAck | TcpFlags::kPsh));
    }
  }

  TEST_CASE("what was split is merged into what it was") {
    testing::CountingRng rng;
    for (int round = 0; round < 300; ++round) {
      const bool v4 = round % 2 == 0;
      const auto size = static_cast<std::uint16_t>(1024 + base::random_below(rng, 477));
      const std::size_t most = std::min<std::size_t>(65000, size * MergedRun::kMaxSegments);
      ByteVector payload(size + 1 +
                         base::random_below(rng, static_cast<std::uint32_t>(most - size)));
      rng.fill(payload);
      const auto flags = static_cast<std::uint8_t>(0x10 | (round % 3 == 0 ? 0x08 : 0));
      const ByteVector whole = testing::with_partial_checksum(
          tcp_packet(v4 ? kEnds4 : kEnds6,
                     {.flags = flags, .sequence = base::random_value<std::uint32_t>(rng)}, payload,
                     {.dont_fragment = round % 4 < 2}));
      ByteVector bytes = whole;
      const Packet packet = parse_packet(bytes, {.gso = v4 ? Gso::kTcp4 : Gso::kTcp6,
                                                 .segment_size = size,
                                                 .needs_checksum = true})
                                .value();
      const Segmenter segmenter(packet);
      Batch batch;
      for (std::size_t i = 0; i < segmenter.count(); ++i) {
        ByteVector part(segmenter.size(i));
        segmenter.write(i, part);
        batch.add(part);
      }
      const auto out = batch.finish();
      REQUIRE(out.size() == 1);
      REQUIRE(out[0].bytes == whole);
      REQUIRE(out[0].offload == packet.offload);
    }
  }

  TEST_CASE("a run of one is delivered as it came, with its checksum known to be right") {
    Batch batch;
    batch.add(segment(kEnds4, 0));
    batch.add(segment(kEnds6, 0, 0x18));
    const auto out = batch.finish();
    REQUIRE(out.size() == 2);
    for (const auto& each : out) EXPECT(each.offload == Offload{.checksum_valid = true});
    EXPECT(out[0].bytes == segment(kEnds6, 0, 0x18));
    EXPECT(out[1].bytes == segment(kEnds4, 0));
  }

  TEST_CASE("interleaved flows merge side by side") {
    Batch batch;
    for (unsigned i = 0; i < 5; ++i) {
      for (std::uint16_t flow = 0; flow < Merger::kMaxRuns; ++flow) {
        auto each = flow % 2 == 0 ? kEnds4 : kEnds6;
        each.destination_port = flow;
        batch.add(segment(each, i));
      }
    }
    const auto out = batch.finish();
    REQUIRE(out.size() == Merger::kMaxRuns);
    for (const auto& each : out) EXPECT(each.segments == 5);
  }

  TEST_CASE("every flow too many ends the oldest run") {
    constexpr std::uint16_t kExtra = 3;
    constexpr std::uint16_t kFlows = Merger::kMaxRuns + kExtra;
    Batch batch;
    for (unsigned index = 0; index < 2; ++index) {
      for (std::uint16_t flow = index == 0 ? 0 : kExtra; flow < kFlows; ++flow) {
        auto each = kEnds4;
        each.destination_port = flow;
        batch.add(segment(each, index));
      }
    }
    const auto out = batch.finish();
    REQUIRE(out.size() == kFlows);
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT(out[i].segments == (i < kExtra ? 1 : 2));
  }

  TEST_CASE("only the next segment of the same super-packet continues a run") {
    const auto tcp_at = [](const ByteVector& bytes) { return bytes[0] >> 4 == 4 ? 20u : 40u; };
    for (const auto& each : {kEnds4, kEnds6}) {
      const bool v4 = each.source.is_v4();
      EXPECT(packets_of_two(each, [](ByteVector&) {}) == 1);
      // Sequence number, acknowledgement, window, urgent pointer, an option.
      for (const std::size_t field : testing::Sizes{7, 11, 15, 19, 25}) {
        CAPTURE(field);
        EXPECT(packets_of_two(each, [&](ByteVector& b) { b[tcp_at(b) + field] ^= 1; }) == 2);
      }
      // ECE alone, CWR, URG, RST, SYN, no ACK.
      for (const std::uint8_t flags : testing::Octets{0x50, 0x90, 0x30, 0x14, 0x12, 0x00}) {
        CAPTURE(flags);
        EXPECT(packets_of_two(each, [&](ByteVector& b) { b[tcp_at(b) + 13] = flags; }) == 2);
      }
      for (const std::uint8_t flags : testing::Octets{0x18, 0x11, 0x19}) {
        CAPTURE(flags);
        EXPECT(packets_of_two(each, [&](ByteVector& b) { b[tcp_at(b) + 13] = flags; }) == 1);
      }
      // TTL and traffic class.
      EXPECT(packets_of_two(each, [&](ByteVector& b) { b[v4 ? 8 : 7] ^= 1; }) == 2);
      EXPECT(packets_of_two(each, [&](ByteVector& b) { b[1] ^= 0x10; }) == 2);
    }
    EXPECT(packets_of_two(kEnds6, [](ByteVector& b) { b[3] ^= 1; }) == 2);
  }

  TEST_CASE("without DF the identifications must count up, with it they mean nothing") {
    const auto packets_with_ids = [](bool dont_fragment, std::uint16_t first,
                                     std::uint16_t second) {
      Batch batch;
      batch.add(tcp_packet(kEnds4, {.sequence = 0}, ByteVector(100),
                           {.id = first, .dont_fragment = dont_fragment}));
      batch.add(tcp_packet(kEnds4, {.sequence = 100}, ByteVector(100),
                           {.id = second, .dont_fragment = dont_fragment}));
      return batch.finish().size();
    };
    EXPECT(packets_with_ids(true, 7, 7) == 1);
    EXPECT(packets_with_ids(true, 7, 99) == 1);
    EXPECT(packets_with_ids(false, 7, 8) == 1);
    EXPECT(packets_with_ids(false, 0xffff, 0) == 1);
    EXPECT(packets_with_ids(false, 7, 7) == 2);
    EXPECT(packets_with_ids(false, 7, 9) == 2);
  }

  TEST_CASE("a corrupt segment goes on alone, uncorrected and in its place") {
    Batch batch;
    batch.add(segment(kEnds4, 0));
    batch.add(segment(kEnds4, 1));
    ByteVector corrupt = segment(kEnds4, 2);
    corrupt[500] ^= 1;
    batch.add(corrupt);
    batch.add(segment(kEnds4, 3));
    const auto out = batch.finish();
    REQUIRE(out.size() == 3);
    EXPECT(out[0].segments == 2);
    EXPECT(out[1].bytes == corrupt);
    EXPECT(out[1].offload == Offload{});
    EXPECT(out[2].bytes == segment(kEnds4, 3));
  }

  TEST_CASE("acknowledgements and other packets of a flow are not overtaken") {
    Batch batch;
    batch.add(segment(kEnds4, 0));
    batch.add(tcp_packet(kEnds4, {.flags = 0x10, .sequence = 1}));
    batch.add(segment(kEnds4, 1));
    batch.add(udp_packet(kEnds4, counting_bytes(5)));
    const auto out = batch.finish();
    REQUIRE(out.size() == 4);
    EXPECT(out[0].bytes == segment(kEnds4, 0));
    EXPECT(out[1].bytes.size() == 40);
    // Another protocol is another flow.
    EXPECT(out[2].bytes == segment(kEnds4, 1));
    EXPECT(out[3].bytes.size() == 33);
  }

  TEST_CASE("a short segment or a PSH ends a run, and the next begins another") {
    Batch batch;
    batch.add(segment(kEnds4, 0));
    batch.add(segment(kEnds4, 1, 0x18));
    batch.add(segment(kEnds4, 2));
    batch.add(segment(kEnds4, 3, 0x10, 999));
    batch.add(segment(kEnds4, 4));
    const auto out = batch.finish();
    REQUIRE(out.size() == 3);
    EXPECT(out[0].segments == 2);
    EXPECT(out[1].segments == 2);
    EXPECT(out[2].segments == 1);
  }

  TEST_CASE("a longer segment than the first does not fit its run") {
    Batch batch;
    batch.add(segment(kEnds4, 0));
    batch.add(segment(kEnds4, 1, 0x10, 1001));
    EXPECT(batch.finish().size() == 2);
  }

  TEST_CASE("runs end before 65535 bytes and at their greatest count") {
    Batch large;
    for (unsigned i = 0; i < 70; ++i) large.add(segment(kEnds4, i));
    const auto out = large.finish();
    REQUIRE(out.size() == 2);
    EXPECT(out[0].segments == 64);
    EXPECT(out[1].segments == 6);
    Batch jumbo;
    for (unsigned i = 0; i < 9; ++i) {
      jumbo.add(tcp_packet(kEnds6, {.sequence = i * 9000}, ByteVector(9000)));
    }
    for (const auto& each : jumbo.finish()) EXPECT(each.bytes.size() <= 65535);
  }

  TEST_CASE("tiny segments are not merged, as they could not be split again") {
    Batch batch;
    for (unsigned i = 0; i < 3; ++i) {
      batch.add(tcp_packet(kEnds4, {.sequence = i * 47}, counting_bytes(47)));
    }
    EXPECT(batch.finish().size() == 3);
  }

  TEST_CASE("datagrams of one flow and size become one super-packet, which splits into them") {
    for (const auto& each : {kEnds4, kEnds6}) {
      Batch batch;
      for (unsigned i = 0; i < 4; ++i) batch.add(datagram(each, i));
      batch.add(datagram(each, 4, 300));
      auto out = batch.finish();
      REQUIRE(out.size() == 1);
      EXPECT(out[0].segments == 5);
      EXPECT(out[0].bytes == testing::with_partial_checksum(out[0].bytes));
      const std::uint16_t ip = each.source.is_v4() ? 20 : 40;
      EXPECT(out[0].offload == Offload{.gso = Gso::kUdp,
                                       .segment_size = 1000,
                                       .needs_checksum = true,
                                       .checksum_start = ip,
                                       .checksum_offset = 6});
      const Packet packet = parse_packet(out[0].bytes, out[0].offload).value();
      const Segmenter segmenter(packet);
      REQUIRE(segmenter.count() == 5);
      for (unsigned i = 0; i < 5; ++i) {
        ByteVector part(segmenter.size(i));
        segmenter.write(i, part);
        EXPECT(part == datagram(each, i, i == 4 ? 300 : 1000));
      }
    }
  }

  TEST_CASE("only a datagram of the same flow, size and kind continues a run") {
    for (const auto& each : {kEnds4, kEnds6}) {
      const std::size_t udp = each.source.is_v4() ? 20 : 40;
      EXPECT(packets_of_two_datagrams(each, [](ByteVector&) {}) == 1);
      // Another port, a corrupt payload, no checksum at all.
      EXPECT(packets_of_two_datagrams(each, [&](ByteVector& b) {
               b[udp + 1] ^= 1;
               b = testing::with_new_checksums(b);
             }) == 2);
      EXPECT(packets_of_two_datagrams(each, [](ByteVector& b) { b.back() ^= 1; }) == 2);
      EXPECT(packets_of_two_datagrams(each, [&](ByteVector& b) { b[udp + 6] = b[udp + 7] = 0; }) ==
             2);
      EXPECT(packets_of_two_datagrams(each, [&](ByteVector& b) { b = datagram(each, 1, 1001); }) ==
             2);
      // A UDP length that leaves bytes behind the datagram.
      EXPECT(packets_of_two_datagrams(each, [&](ByteVector& b) { b[udp + 5] -= 4; }) == 2);
      // A segment of the same ports.
      EXPECT(packets_of_two_datagrams(each, [&](ByteVector& b) { b = segment(each, 1); }) == 2);
    }
  }

  TEST_CASE("answers to look-ups stay by themselves") {
    auto resolver = kEnds4;
    resolver.source_port = 53;
    EXPECT(packets_of_two_datagrams(resolver, [](ByteVector&) {}) == 2);
  }

  TEST_CASE("datagrams are merged only where that was asked for") {
    Merger merger;
    for (unsigned i = 0; i < 2; ++i) {
      ByteVector bytes = datagram(kEnds4, i);
      Packet packet = parse_packet(bytes).value();
      EXPECT_FALSE(merger.add(packet));
    }
    merger.flush();
    EXPECT(merger.next() == nullptr);
  }

  TEST_CASE("packets with IP options or extension headers go by themselves") {
    Batch batch;
    for (unsigned i = 0; i < 2; ++i) {
      batch.add(
          tcp_packet(kEnds4, {.sequence = i * 100}, ByteVector(100), {.options = {1, 1, 1, 1}}));
    }
    EXPECT(batch.finish().size() == 2);
  }
}

}  // namespace
}  // namespace sallyport::net
