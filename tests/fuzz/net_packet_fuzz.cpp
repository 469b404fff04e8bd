// A frame from a guest with the offload metadata it claims: through everything that looks at one
// packet.
#include "base/check.h"
#include "fuzz_input.h"
#include "net/arp.h"
#include "net/fragment.h"
#include "net/icmp_error.h"
#include "net/merge.h"
#include "net/mss.h"
#include "net/ndp.h"
#include "net/rewrite.h"
#include "net/segment.h"
#include "net/tcp_reset.h"

namespace sallyport::net {
namespace {

using ByteVector = std::vector<std::uint8_t>;

void check_facts(const Packet& packet) {
  CHECK(packet.bytes.size() == packet.length);
  CHECK(packet.transport_at <= packet.payload_at && packet.payload_at <= packet.length);
  CHECK(packet.source.is_v4() == packet.is_v4() && packet.destination.is_v4() == packet.is_v4());
}

void answer(const Packet& packet) {
  const IpAddress from =
      packet.is_v4() ? IpAddress::v4(0x0a890001) : load_ipv6(ByteVector(16, 0xfd), 0);
  for (const auto kind : {IcmpErrorKind::kAdminProhibited, IcmpErrorKind::kTooBig}) {
    ByteVector out(kMaxIcmpErrorSize);
    if (const auto error = write_icmp_error(packet, kind, 1400, from, out)) {
      check_facts(parse_packet(*error).value());
    }
  }
  ByteVector out(kMaxTcpResetSize);
  if (const auto reset = write_tcp_reset(packet, out)) check_facts(parse_packet(*reset).value());
}

// Everything a super-packet becomes must be a packet, and may be merged again in any order.
void split_and_merge(const Packet& packet) {
  const Segmenter segmenter(packet);
  std::vector<ByteVector> segments;
  for (std::size_t i = 0; i < segmenter.count(); ++i) {
    segmenter.write(i, segments.emplace_back(segmenter.size(i)));
  }
  Merger merger;
  std::size_t payload = 0;
  for (ByteVector& segment : segments) {
    Packet part = parse_packet(segment).value();
    if (!merger.add(part)) payload += part.payload_length();
    while (MergedRun* const run = merger.next()) payload += run->packet().payload_length();
  }
  merger.flush();
  while (MergedRun* const run = merger.next()) payload += run->packet().payload_length();
  CHECK(payload == packet.payload_length());
}

void fragment(Packet& packet, std::size_t mtu) {
  finish_checksum(packet);
  const auto fragmenter = Fragmenter::make(packet, mtu, 0x12345678);
  for (std::size_t i = 0; fragmenter && i < fragmenter->count(); ++i) {
    ByteVector out(fragmenter->size(i));
    CHECK(out.size() <= mtu);
    fragmenter->write(i, out);
    (void)parse_packet(out);
  }
}

void run(testing::FuzzInput input) {
  const Offload offload{.gso = Gso{static_cast<std::uint8_t>(input.below(4))},
                        .segment_size = input.u16(),
                        .needs_checksum = input.below(2) != 0,
                        .checksum_start = input.u8(),
                        .checksum_offset = input.u8()};
  const std::uint16_t value = input.u16();
  ByteVector bytes = input.rest();
  const auto frame = parse_ethernet(bytes);
  if (!frame) return;
  ByteVector out(kNeighbourAdvertisementFrameSize);
  if (const auto request = parse_arp_request(*frame)) write_arp_reply(*request, {}, out);
  (void)parse_quoted_packet(frame->payload);
  auto packet = parse_packet(frame->payload, offload);
  if (!packet) return;
  check_facts(*packet);
  if (const auto asked = parse_neighbour_solicitation(*packet, frame->header.source)) {
    write_neighbour_advertisement(*asked, {}, out);
  }
  answer(*packet);
  (void)clamp_mss(*packet, value);
  (void)decrement_ttl(*packet);
  if (packet->is_tcp() || packet->is_udp()) {
    set_source(*packet, packet->destination, value);
  } else {
    set_source(*packet, packet->destination);
  }
  if (packet->is_echo_request()) set_echo_id(*packet, value);
  check_facts(parse_packet(packet->bytes, packet->offload).value());
  split_and_merge(*packet);
  if (packet->offload.gso == Gso::kNone && !packet->is_fragment())
    fragment(*packet, 68 + value % 1500u);
}

}  // namespace
}  // namespace sallyport::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::net::run({data, size});
  return 0;
}
