#include "net/ack_filter.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "net/ip_builder.h"
#include "net/transport_checksum.h"

namespace sallyport::net {
namespace {

constexpr std::size_t kPlainHeader = 20;
// A timestamp as every stack writes it: two NOPs, kind 8, length 10 (RFC 7323 appendix A).
constexpr std::size_t kTimestampHeader = 32;
constexpr std::uint32_t kTimestampOption = 0x0101080a;

bool is_bare_ack(const Packet& packet) {
  if (!packet.is_tcp() || packet.is_fragment() || packet.payload_length() != 0 ||
      packet.tcp.flags != TcpFlags::kAck || packet.offload.needs_checksum ||
      packet.transport_at != ip_header_size(packet.is_v4())) {
    return false;
  }
  const base::Bytes header =
      packet.bytes.subspan(packet.transport_at, packet.payload_at - packet.transport_at);
  if (header.size() == kPlainHeader) return true;
  return header.size() == kTimestampHeader &&
         base::load_u32(header, kPlainHeader) == kTimestampOption;
}

bool same_flow(const Packet& one, const Packet& other) {
  return one.source_port == other.source_port && one.destination_port == other.destination_port &&
         one.source == other.source && one.destination == other.destination;
}

// `later` says everything that `earlier` said, and more. Both are bare.
bool supersedes(const Packet& later, const Packet& earlier) {
  const std::uint32_t advance = later.tcp.acknowledgement - earlier.tcp.acknowledgement;
  return advance != 0 && advance < 0x8000'0000 && later.tcp.sequence == earlier.tcp.sequence &&
         later.payload_at == earlier.payload_at && later.traffic_class == earlier.traffic_class &&
         transport_checksum_is_correct(later);
}

}  // namespace

AckFilter::Outcome AckFilter::add(const Packet& packet) {
  Outcome outcome;
  if (!packet.is_tcp()) return outcome;
  const bool bare = is_bare_ack(packet);
  const auto end = held_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto found =
      std::find_if(held_.begin(), end, [&](const Packet& held) { return same_flow(held, packet); });
  if (found != end) {
    if (bare && supersedes(packet, *found)) {
      *found = packet;
      outcome.held = outcome.superseded = true;
      return outcome;
    }
    outcome.before = take(static_cast<std::size_t>(found - held_.begin()));
  }
  if (!bare) return outcome;
  if (count_ == kMaxFlows) outcome.before = take(0);
  held_[count_++] = packet;
  outcome.held = true;
  return outcome;
}

std::optional<Packet> AckFilter::next() {
  return count_ == 0 ? std::nullopt : take(0);
}

std::optional<Packet> AckFilter::take(std::size_t position) {
  CHECK(position < count_);
  const Packet taken = held_[position];
  std::move(held_.begin() + static_cast<std::ptrdiff_t>(position) + 1,
            held_.begin() + static_cast<std::ptrdiff_t>(count_),
            held_.begin() + static_cast<std::ptrdiff_t>(position));
  --count_;
  return taken;
}

}  // namespace sallyport::net
