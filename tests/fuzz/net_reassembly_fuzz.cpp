// Fragments of several owners' datagrams in any order and time. Every byte of a datagram is known
// from its place, so what comes out is either exactly the datagram or nothing.
#include "base/check.h"
#include "base/endian.h"
#include "fuzz_input.h"
#include "net/reassembly.h"
#include "packet_builder.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;

constexpr Reassembly::Limits kLimits{.owners = 3, .reserve = 4096, .shared = 8192};
constexpr std::uint64_t kMost = kLimits.owners * kLimits.reserve + kLimits.shared;

std::uint8_t byte_at(std::uint32_t id, std::size_t place) {
  return static_cast<std::uint8_t>(id * 31 + place * 7 + (place >> 8));
}

// A fragment of datagram `id`; protocol 99 knows no transport header.
ByteVector make_fragment(bool v4, std::uint32_t id, std::size_t offset, std::size_t size,
                         bool more) {
  ByteVector data(v4 ? 0 : 8);
  for (std::size_t i = 0; i < size; ++i) data.push_back(byte_at(id, offset + i));
  if (v4) {
    ByteVector packet = ip_packet(testing::ends("10.0.0.1", 0, "10.0.0.2", 0), 99, data,
                                  {.id = static_cast<std::uint16_t>(id)});
    base::store_u16(packet, 6, static_cast<std::uint16_t>(offset / 8 | (more ? 0x2000 : 0)));
    return testing::with_new_checksums(packet);
  }
  data[0] = 99;
  base::store_u16(data, 2, static_cast<std::uint16_t>(offset | more));
  base::store_u32(data, 4, id);
  return ip_packet(testing::ends("fd00::1", 0, "fd00::2", 0), 44, data);
}

void run(testing::FuzzInput input) {
  Reassembly reassembly(kLimits);
  base::Instant now{std::chrono::seconds(1000)};
  while (!input.done()) {
    const std::uint8_t operation = input.u8();
    const FragmentOwner owner(operation >> 3 & 3);
    if ((operation & 7) == 0) {
      now += std::chrono::seconds(input.u8());
      reassembly.expire(now);
    } else if ((operation & 7) == 1) {
      reassembly.remove_owner(owner);
    } else {
      const bool raw = (operation & 7) == 2;
      const bool v4 = (operation & 0x20) != 0;
      const std::uint32_t id = input.below(4);
      ByteVector bytes;
      if (raw) {
        bytes = input.bytes(input.u16());
      } else {
        const std::size_t offset = input.u8() * 8u;
        const bool more = (operation & 0x40) != 0;
        const std::size_t size = more ? input.u8() * 8u : input.u8();
        bytes = make_fragment(v4, id, offset, size, more);
      }
      const auto packet = parse_packet(bytes);
      if (!packet || !packet->is_fragment()) continue;
      const auto result = reassembly.add(owner, *packet, now);
      if (result && *result) {
        const Packet& whole = **result;
        CHECK(whole.bytes.size() == whole.length && !whole.is_fragment() && !whole.dont_fragment);
        for (std::size_t i = 0;
             !raw && whole.protocol == IpProtocol{99} && i < whole.payload().size(); ++i) {
          CHECK(whole.payload()[i] == byte_at(id, i));
        }
      }
    }
    CHECK(reassembly.bytes_held() <= kMost);
    CHECK(!reassembly.next_deadline() || *reassembly.next_deadline() <= now + Reassembly::kTimeout);
  }
  reassembly.expire(now + Reassembly::kTimeout);
  CHECK(reassembly.bytes_held() == 0);
}

}  // namespace
}  // namespace sallyport::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::net::run({data, size});
  return 0;
}
