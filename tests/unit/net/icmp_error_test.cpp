#include "net/icmp_error.h"

#include <algorithm>

#include "base/endian.h"
#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;
using testing::ip;

const testing::Ends kEnds4 = ends("10.137.0.5", 40000, "198.51.100.7", 443);
const testing::Ends kEnds6 = ends("fd00::5", 40000, "2001:db8::7", 443);

using Error = std::expected<ByteVector, NoIcmpError>;

Error error_about(ByteVector offender, IcmpErrorKind kind = IcmpErrorKind::kAdminProhibited,
                  std::uint32_t mtu = 0) {
  const Packet packet = parse_packet(offender).value();
  ByteVector out(kMaxIcmpErrorSize);
  const auto written =
      write_icmp_error(packet, kind, mtu, packet.is_v4() ? ip("10.137.0.1") : ip("fe80::1"), out);
  if (!written) return std::unexpected(written.error());
  return ByteVector(written->begin(), written->end());
}

// A real error from client.pcap and the frame it answers, as whole IP packets.
struct RealError {
  ByteVector offender;
  ByteVector error;
};
RealError real_error(std::size_t frame) {
  const auto frames = testing::read_pcap("net/client.pcap");
  const auto packet = [&](std::size_t i) {
    return ByteVector(frames[i].begin() + 14, frames[i].end());
  };
  return {packet(frame - 1), packet(frame)};
}

// From the ICMP header to the end of what both quote.
bool same_message(base::Bytes ours, base::Bytes theirs) {
  const std::size_t at = ours[0] >> 4 == 4 ? 20 : 40;
  // Neither the TTL at the time of quoting nor, in the outer checksum, its trace is of interest.
  const std::size_t ttl = at + 8 + (at == 20 ? 8 : 7);
  ByteVector one(ours.begin(), ours.end());
  ByteVector other(theirs.begin(), theirs.end());
  const std::size_t end = std::min(one.size(), other.size());
  for (ByteVector* each : {&one, &other}) {
    (*each)[at + 2] = (*each)[at + 3] = (*each)[ttl] = 0;
    if (at == 20) (*each)[at + 18] = (*each)[at + 19] = 0;
    each->erase(each->begin() + static_cast<std::ptrdiff_t>(end), each->end());
    each->erase(each->begin(), each->begin() + static_cast<std::ptrdiff_t>(at));
  }
  return one == other;
}

TEST_SUITE("net/icmp_error") {
  TEST_CASE("says what Linux says when a TTL runs out or a packet is too big") {
    for (const auto& [frame, kind] : {std::pair{std::size_t{97}, IcmpErrorKind::kTimeExceeded},
                                      {99, IcmpErrorKind::kTimeExceeded},
                                      {137, IcmpErrorKind::kTooBig},
                                      {139, IcmpErrorKind::kTooBig}}) {
      CAPTURE(frame);
      const RealError real = real_error(frame);
      const Error ours = error_about(real.offender, kind, 1300);
      REQUIRE(ours.has_value());
      EXPECT(same_message(*ours, real.error));
      EXPECT(testing::checksums_are_right(*ours));
    }
  }

  TEST_CASE("every kind has its type and code in both families") {
    struct Row {
      IcmpErrorKind kind;
      std::uint16_t v4;
      std::uint16_t v6;
    };
    for (const Row& row : {Row{IcmpErrorKind::kNetUnreachable, 0x0300, 0x0100},
                           Row{IcmpErrorKind::kHostUnreachable, 0x0301, 0x0103},
                           Row{IcmpErrorKind::kPortUnreachable, 0x0303, 0x0104},
                           Row{IcmpErrorKind::kAdminProhibited, 0x030d, 0x0101},
                           Row{IcmpErrorKind::kTooBig, 0x0304, 0x0200},
                           Row{IcmpErrorKind::kTimeExceeded, 0x0b00, 0x0300}}) {
      ByteVector v4 = error_about(udp_packet(kEnds4, {}), row.kind, 1400).value();
      ByteVector v6 = error_about(udp_packet(kEnds6, {}), row.kind, 1400).value();
      EXPECT(base::load_u16(v4, 20) == row.v4);
      EXPECT(base::load_u16(v6, 40) == row.v6);
      const std::uint32_t rest = row.kind == IcmpErrorKind::kTooBig ? 1400 : 0;
      EXPECT(base::load_u32(v4, 24) == rest);
      EXPECT(base::load_u32(v6, 44) == rest);
      const Packet packet = parse_packet(v4).value();
      EXPECT(packet.destination == ip("10.137.0.5"));
      EXPECT(packet.source == ip("10.137.0.1"));
      EXPECT(packet.is_icmp_error());
      EXPECT(parse_packet(v6)->is_icmp_error());
    }
  }

  TEST_CASE("quotes as much as the least MTU of its family holds") {
    for (const std::size_t size : testing::Sizes{0, 1, 519, 520, 521, 1400}) {
      const ByteVector v4 = udp_packet(kEnds4, counting_bytes(size));
      EXPECT(error_about(v4)->size() == std::min<std::size_t>(576, 28 + v4.size()));
      const ByteVector v6 = udp_packet(kEnds6, counting_bytes(size));
      EXPECT(error_about(v6)->size() == std::min<std::size_t>(1280, 48 + v6.size()));
      EXPECT(testing::checksums_are_right(*error_about(v4)));
      EXPECT(testing::checksums_are_right(*error_about(v6)));
    }
  }

  TEST_CASE("no error is sent about an error") {
    const ByteVector quote = udp_packet(kEnds4, {});
    for (const std::uint8_t type : testing::Octets{3, 4, 5, 11, 12}) {
      EXPECT(error_about(icmp_error_packet(kEnds4, type, 0, quote)).error() ==
             NoIcmpError::kAboutIcmpError);
    }
    for (const std::uint8_t type : testing::Octets{1, 2, 3, 4, 100, 137}) {
      EXPECT(error_about(icmp_error_packet(kEnds6, type, 0, udp_packet(kEnds6, {}))).error() ==
             NoIcmpError::kAboutIcmpError);
    }
    EXPECT(error_about(echo_packet(kEnds4, true)).has_value());
    EXPECT(error_about(echo_packet(kEnds6, false)).has_value());
  }

  TEST_CASE("no error is sent about a later fragment, but about a first one") {
    const auto frames = testing::read_pcap("net/client.pcap");
    const auto packet = [&](std::size_t i) {
      return ByteVector(frames[i].begin() + 14, frames[i].end());
    };
    for (const std::size_t first : testing::Sizes{84, 90}) {
      EXPECT(error_about(packet(first)).has_value());
      EXPECT(error_about(packet(first + 1)).error() == NoIcmpError::kLaterFragment);
    }
  }

  TEST_CASE("no error goes to many, or about what was sent to many") {
    for (const char* group : {"224.0.0.251", "255.255.255.255"}) {
      EXPECT(error_about(udp_packet(ends("10.137.0.5", 1, group, 2), {})).error() ==
             NoIcmpError::kGroupDestination);
    }
    for (const char* bogus :
         {"0.0.0.0", "0.0.0.9", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"}) {
      EXPECT(error_about(udp_packet(ends(bogus, 1, "198.51.100.7", 2), {})).error() ==
             NoIcmpError::kBogusSource);
    }
    for (const char* bogus : {"::", "::1", "ff02::1"}) {
      EXPECT(error_about(udp_packet(ends(bogus, 1, "2001:db8::7", 2), {})).error() ==
             NoIcmpError::kBogusSource);
    }
  }

  TEST_CASE("only packet-too-big is sent about IPv6 multicast") {
    const ByteVector group = udp_packet(ends("fd00::5", 1, "ff0e::1", 2), counting_bytes(1400));
    EXPECT(error_about(group).error() == NoIcmpError::kGroupDestination);
    EXPECT(error_about(group, IcmpErrorKind::kTooBig, 1280).has_value());
    EXPECT(error_about(udp_packet(ends("10.0.0.5", 1, "224.0.0.1", 2), {}), IcmpErrorKind::kTooBig)
               .error() == NoIcmpError::kGroupDestination);
  }
}

}  // namespace
}  // namespace sallyport::net
