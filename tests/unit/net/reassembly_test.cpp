#include "net/reassembly.h"

#include <algorithm>

#include "base/endian.h"
#include "counting_rng.h"
#include "net/fragment.h"
#include "packet_builder.h"
#include "pcap.h"
#include "test.h"

namespace sallyport::net {
namespace {

using std::chrono::seconds;
using testing::ByteVector;
using testing::counting_bytes;
using testing::ends;

constexpr FragmentOwner kOwner{1};
constexpr FragmentOwner kOther{2};
constexpr base::Instant kStart{seconds(100)};

using Result = std::expected<std::optional<ByteVector>, ReassemblyDrop>;

Result add(Reassembly& reassembly, ByteVector fragment, FragmentOwner owner = kOwner,
           base::Instant now = kStart) {
  const auto packet = parse_packet(fragment);
  REQUIRE(packet.has_value());
  const auto result = reassembly.add(owner, *packet, now);
  if (!result) return std::unexpected(result.error());
  if (!*result) return std::nullopt;
  return ByteVector((*result)->bytes.begin(), (*result)->bytes.end());
}

// A fragment whose data are the bytes [offset, end) of a UDP-like datagram that counts up.
ByteVector fragment4(std::size_t offset, std::size_t size, bool more, std::uint16_t id = 7,
                     std::uint8_t traffic_class = 0) {
  ByteVector bytes = ip_packet(ends("10.0.0.1", 0, "10.0.0.2", 0), 99,
                               counting_bytes(size, static_cast<std::uint8_t>(offset)),
                               {.traffic_class = traffic_class, .id = id});
  base::store_u16(bytes, 6, static_cast<std::uint16_t>(offset / 8 | (more ? 0x2000 : 0)));
  return testing::with_new_checksums(bytes);
}

ByteVector fragment6(std::size_t offset, std::size_t size, bool more, std::uint32_t id = 7) {
  ByteVector rest(8);
  rest[0] = 99;
  base::store_u16(rest, 2, static_cast<std::uint16_t>(offset | more));
  base::store_u32(rest, 4, id);
  const ByteVector data = counting_bytes(size, static_cast<std::uint8_t>(offset));
  rest.insert(rest.end(), data.begin(), data.end());
  return ip_packet(ends("fd00::1", 0, "fd00::2", 0), 44, rest);
}

ByteVector whole(bool v4, std::size_t size) {
  return v4 ? ip_packet(ends("10.0.0.1", 0, "10.0.0.2", 0), 99, counting_bytes(size),
                        {.id = 7, .dont_fragment = false})
            : ip_packet(ends("fd00::1", 0, "fd00::2", 0), 99, counting_bytes(size));
}

TEST_SUITE("net/reassembly") {
  TEST_CASE("real fragments become the packet they were, in any order") {
    const auto frames = testing::read_pcap("net/client.pcap");
    for (const std::size_t first : testing::Sizes{84, 87, 90, 93}) {
      CAPTURE(first);
      std::array<std::size_t, 3> order{first, first + 1, first + 2};
      do {
        Reassembly reassembly;
        Result result;
        for (const std::size_t i : order) {
          result = add(reassembly, {frames[i].begin() + 14, frames[i].end()});
          REQUIRE(result.has_value());
          EXPECT(result->has_value() == (i == order.back()));
        }
        ByteVector bytes = result->value();
        EXPECT(testing::checksums_are_right(bytes));
        const Packet packet = parse_packet(bytes).value();
        EXPECT(packet.is_icmp());
        EXPECT(packet.payload_length() == 4000);
        EXPECT(reassembly.bytes_held() == 0);
        EXPECT_FALSE(reassembly.next_deadline().has_value());
      } while (std::ranges::next_permutation(order).found);
    }
  }

  TEST_CASE("fragmenting and putting together is the identity") {
    testing::CountingRng rng;
    for (int round = 0; round < 300; ++round) {
      const bool v4 = round % 2 == 0;
      const auto each =
          v4 ? ends("10.0.0.1", 9, "10.0.0.2", 10) : ends("fd00::1", 9, "fd00::2", 10);
      const ByteVector original = udp_packet(each, counting_bytes(base::random_below(rng, 65000)),
                                             {.id = 0xbeef, .dont_fragment = false});
      ByteVector bytes = original;
      Packet packet = parse_packet(bytes).value();
      packet.dont_fragment = false;
      const std::size_t mtu = (v4 ? 576 : 1280) + base::random_below(rng, 8000);
      const auto fragmenter = Fragmenter::make(packet, mtu, 0xbeef);
      REQUIRE(fragmenter.has_value());
      if (fragmenter->count() < 2) continue;
      std::vector<std::size_t> order(fragmenter->count());
      for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
      for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[base::random_below(rng, static_cast<std::uint32_t>(i))]);
      }
      Reassembly reassembly;
      Result result;
      for (const std::size_t i : order) {
        ByteVector fragment(fragmenter->size(i));
        REQUIRE(fragment.size() <= mtu);
        fragmenter->write(i, fragment);
        result = add(reassembly, fragment);
        REQUIRE(result.has_value());
      }
      REQUIRE(result->has_value());
      REQUIRE(**result == original);
    }
  }

  TEST_CASE("the result may be fragmented again, and says so") {
    Reassembly reassembly;
    for (const bool v4 : {true, false}) {
      ByteVector first = v4 ? fragment4(0, 16, true) : fragment6(0, 16, true);
      if (v4) first = testing::with_new_checksums((first[6] |= 0x40, first));
      ByteVector last = v4 ? fragment4(16, 5, false) : fragment6(16, 5, false);
      const Packet one = parse_packet(first).value();
      const Packet two = parse_packet(last).value();
      REQUIRE(reassembly.add(kOwner, one, kStart).has_value());
      const auto result = reassembly.add(kOwner, two, kStart);
      REQUIRE(result->has_value());
      EXPECT_FALSE((*result)->dont_fragment);
      EXPECT(std::ranges::equal((*result)->bytes, whole(v4, 21)));
    }
  }

  TEST_CASE("an overlap drops the datagram and all that still comes of it") {
    struct Piece {
      std::size_t offset;
      std::size_t size;
      bool more;
    };
    for (const Piece& overlap :
         {Piece{8, 8, true}, Piece{0, 8, true}, Piece{8, 16, true}, Piece{16, 16, true},
          Piece{0, 40, true}, Piece{24, 8, true}, Piece{8, 24, false}}) {
      for (const bool v4 : {true, false}) {
        const auto make =
            v4 ? +[](std::size_t o, std::size_t s, bool m) { return fragment4(o, s, m); }
               : +[](std::size_t o, std::size_t s, bool m) { return fragment6(o, s, m); };
        Reassembly reassembly;
        REQUIRE(add(reassembly, make(0, 24, true)).has_value());
        REQUIRE(add(reassembly, make(24, 16, true)).has_value());
        EXPECT(add(reassembly, make(overlap.offset, overlap.size, overlap.more)).error() ==
               ReassemblyDrop::kOverlap);
        EXPECT(add(reassembly, make(40, 8, false)).error() == ReassemblyDrop::kAfterDrop);
        EXPECT(add(reassembly, make(0, 24, true)).error() == ReassemblyDrop::kAfterDrop);
        // The drop is forgotten with the time it would have had.
        EXPECT(
            add(reassembly, make(0, 24, true), kOwner, kStart + Reassembly::kTimeout).has_value());
      }
    }
  }

  TEST_CASE("the same fragment again is ignored, other bytes in its place are not") {
    Reassembly reassembly;
    REQUIRE(add(reassembly, fragment4(0, 16, true)).has_value());
    EXPECT(add(reassembly, fragment4(0, 16, true)).error() == ReassemblyDrop::kDuplicate);
    ByteVector other = fragment4(0, 16, true);
    other[30] ^= 1;
    EXPECT(add(reassembly, fragment4(16, 3, false)).value().has_value());
    REQUIRE(add(reassembly, fragment4(0, 16, true)).has_value());
    EXPECT(add(reassembly, other).error() == ReassemblyDrop::kOverlap);
  }

  TEST_CASE("the same bytes at another place are an overlap") {
    Reassembly reassembly;
    const auto zeros_at = [](std::size_t offset) {
      ByteVector fragment = fragment4(offset, 16, true);
      std::fill(fragment.begin() + 20, fragment.end(), std::uint8_t{0});
      return fragment;
    };
    REQUIRE(add(reassembly, zeros_at(8)).has_value());
    EXPECT(add(reassembly, zeros_at(16)).error() == ReassemblyDrop::kOverlap);
  }

  TEST_CASE("a datagram has one end") {
    for (const bool shorter : {true, false}) {
      Reassembly reassembly;
      REQUIRE(add(reassembly, fragment4(80, 8, false)).has_value());
      const ByteVector second = shorter ? fragment4(40, 8, false) : fragment4(88, 8, false);
      EXPECT(add(reassembly, second).error() == ReassemblyDrop::kEnd);
    }
    Reassembly reassembly;
    REQUIRE(add(reassembly, fragment4(80, 8, true)).has_value());
    EXPECT(add(reassembly, fragment4(40, 8, false)).error() == ReassemblyDrop::kEnd);
    Reassembly other;
    REQUIRE(add(other, fragment4(80, 8, false)).has_value());
    EXPECT(add(other, fragment4(88, 8, true)).error() == ReassemblyDrop::kEnd);
  }

  TEST_CASE("datagrams are told apart by addresses, identification and protocol") {
    Reassembly reassembly;
    REQUIRE(add(reassembly, fragment4(0, 16, true, 7)).has_value());
    EXPECT_FALSE(add(reassembly, fragment4(16, 8, false, 8)).value().has_value());
    ByteVector other_protocol = fragment4(16, 8, false, 7);
    other_protocol[9] = 100;
    EXPECT_FALSE(add(reassembly, testing::with_new_checksums(other_protocol)).value().has_value());
    ByteVector other_source = fragment4(16, 8, false, 7);
    other_source[15] ^= 1;
    EXPECT_FALSE(add(reassembly, testing::with_new_checksums(other_source)).value().has_value());
    EXPECT_FALSE(add(reassembly, fragment4(16, 8, false, 7), kOther).value().has_value());
    EXPECT(add(reassembly, fragment4(16, 8, false, 7)).value() == whole(true, 24));
  }

  TEST_CASE("what does not come together in time is given up") {
    Reassembly reassembly;
    REQUIRE(add(reassembly, fragment4(0, 16, true)).has_value());
    EXPECT(reassembly.next_deadline() == kStart + Reassembly::kTimeout);
    reassembly.expire(kStart + Reassembly::kTimeout - base::Duration(1));
    EXPECT(reassembly.bytes_held() > 0);
    reassembly.expire(kStart + Reassembly::kTimeout);
    EXPECT(reassembly.bytes_held() == 0);
    EXPECT(reassembly.abandoned().timed_out == 1);
    EXPECT_FALSE(add(reassembly, fragment4(16, 8, false)).value().has_value());
  }

  TEST_CASE("a flood displaces its owner's datagrams and nobody else's") {
    Reassembly reassembly({.owners = 3, .reserve = 80 * 1024, .shared = 64 * 1024});
    REQUIRE(add(reassembly, fragment4(0, 16, true), kOther).has_value());
    for (std::uint16_t id = 0; id < 5000; ++id) {
      REQUIRE(add(reassembly, fragment4(8, 1400, true, id), kOwner).has_value());
      REQUIRE(reassembly.bytes_held() <= 3 * 80 * 1024 + 64 * 1024);
    }
    EXPECT(reassembly.abandoned().evicted == 5000 - Reassembly::kMaxDatagrams);
    EXPECT(add(reassembly, fragment4(16, 8, false), kOther).value() == whole(true, 24));
    reassembly.remove_owner(kOwner);
    EXPECT(reassembly.bytes_held() == 0);
  }

  TEST_CASE("one source's flood displaces no other source's datagram of the same owner") {
    for (const std::size_t size : {std::size_t{16}, std::size_t{1400}}) {
      Reassembly reassembly({.owners = 1, .reserve = 80 * 1024, .shared = 0});
      for (std::uint16_t id = 0; id < 200; ++id) {
        ByteVector stranger = fragment4(8, size, true, id);
        stranger[15] ^= 1;
        REQUIRE(add(reassembly, testing::with_new_checksums(stranger)).has_value());
        if (id == 100) REQUIRE(add(reassembly, fragment4(0, 16, true)).has_value());
      }
      EXPECT(add(reassembly, fragment4(16, 8, false)).value() == whole(true, 24));
    }
  }

  TEST_CASE("every owner can have one datagram of the greatest size, whatever the others hold") {
    Reassembly reassembly({.owners = 2, .reserve = 80 * 1024, .shared = 0});
    for (std::uint16_t id = 0; id < 300; ++id) {
      (void)add(reassembly, fragment4(8, 60000, true, id), kOwner);
    }
    ByteVector bytes = udp_packet(ends("10.0.0.1", 9, "10.0.0.2", 10), counting_bytes(65507),
                                  {.dont_fragment = false});
    const Packet packet = parse_packet(bytes).value();
    const Fragmenter fragmenter = Fragmenter::make(packet, 576, 0x1234).value();
    Result result;
    for (std::size_t i = 0; i < fragmenter.count(); ++i) {
      ByteVector fragment(fragmenter.size(i));
      fragmenter.write(i, fragment);
      result = add(reassembly, fragment, kOther);
      REQUIRE(result.has_value());
    }
    EXPECT(result->has_value());
  }

  TEST_CASE("an owner beyond the count they were promised for is refused") {
    Reassembly reassembly({.owners = 1, .reserve = 80 * 1024, .shared = 0});
    REQUIRE(add(reassembly, fragment4(0, 16, true)).has_value());
    EXPECT(add(reassembly, fragment4(0, 16, true), kOther).error() == ReassemblyDrop::kNoRoom);
    reassembly.remove_owner(kOwner);
    EXPECT(add(reassembly, fragment4(0, 16, true), kOther).has_value());
  }

  TEST_CASE("what does not fit the owner's share is refused, and leaves no trace") {
    for (const std::uint64_t reserve : {100u, 300u}) {
      Reassembly reassembly({.owners = 1, .reserve = reserve, .shared = 0});
      EXPECT(add(reassembly, fragment4(0, 16, true)).error() == ReassemblyDrop::kNoRoom);
      reassembly.expire(kStart + Reassembly::kTimeout);
      EXPECT(reassembly.bytes_held() == 0);
    }
  }

  TEST_CASE("more fragments than an honest sender makes are refused") {
    Reassembly reassembly;
    for (std::size_t i = 0; i < PartialDatagram::kMaxFragments; ++i) {
      REQUIRE(add(reassembly, fragment4(8 + i * 8, 8, true)).has_value());
    }
    EXPECT(add(reassembly, fragment4(60000, 8, true)).error() == ReassemblyDrop::kTooMany);
  }

  TEST_CASE("a sum beyond 65535 bytes is refused") {
    Reassembly reassembly;
    REQUIRE(add(reassembly, fragment4(32768, 32767, false)).has_value());
    EXPECT(add(reassembly, fragment4(0, 32768, true)).error() == ReassemblyDrop::kTooLong);
    EXPECT(reassembly.bytes_held() == 0);
  }

  TEST_CASE("a congestion mark on one fragment marks the whole, unless one may not be marked") {
    for (const std::uint8_t first : testing::Octets{1, 2, 3}) {
      Reassembly reassembly;
      REQUIRE(add(reassembly, fragment4(0, 16, true, 7, first)).has_value());
      ByteVector bytes = add(reassembly, fragment4(16, 8, false, 7, 3)).value().value();
      EXPECT(parse_packet(bytes)->traffic_class == 3);
      EXPECT(testing::checksums_are_right(bytes));
    }
    Reassembly reassembly;
    REQUIRE(add(reassembly, fragment4(0, 16, true, 7, 0)).has_value());
    EXPECT(add(reassembly, fragment4(16, 8, false, 7, 3)).error() == ReassemblyDrop::kCongestion);
  }

  TEST_CASE("what is no packet when it is together is refused") {
    // The UDP header says 100 bytes, and 40 come.
    ByteVector first = fragment4(0, 32, true);
    first[9] = 17;
    base::store_u16(first, 24, 100);
    ByteVector last = fragment4(32, 8, false);
    last[9] = 17;
    Reassembly reassembly;
    REQUIRE(add(reassembly, testing::with_new_checksums(first)).has_value());
    EXPECT(add(reassembly, testing::with_new_checksums(last)).error() ==
           ReassemblyDrop::kMalformed);
    EXPECT(reassembly.bytes_held() == 0);
  }

  TEST_CASE("a fragment header inside of a fragment is no packet") {
    ByteVector nested = fragment6(0, 32, true);
    nested[40] = 44;
    EXPECT(parse_packet(nested).error() == PacketError::kExtensionHeaders);
  }

  TEST_CASE("extension headers before the fragment header come back in front of the whole") {
    Reassembly reassembly;
    const auto with_hop_by_hop = [](ByteVector fragment) {
      ByteVector rest{44, 0, 1, 4, 0, 0, 0, 0};
      rest.insert(rest.end(), fragment.begin() + 40, fragment.end());
      return ip_packet(ends("fd00::1", 0, "fd00::2", 0), 0, rest);
    };
    REQUIRE(add(reassembly, with_hop_by_hop(fragment6(0, 16, true))).has_value());
    const auto result = add(reassembly, with_hop_by_hop(fragment6(16, 3, false)));
    ByteVector rest{99, 0, 1, 4, 0, 0, 0, 0};
    const ByteVector data = counting_bytes(19);
    rest.insert(rest.end(), data.begin(), data.end());
    EXPECT(result.value() == ip_packet(ends("fd00::1", 0, "fd00::2", 0), 0, rest));
  }
}

}  // namespace
}  // namespace sallyport::net
