#include "net/checksum_update.h"

#include "base/endian.h"
#include "counting_rng.h"
#include "net/checksum.h"
#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::ip;

TEST_SUITE("net/checksum_update") {
  // RFC 1624 section 4: HC = dd2f, m = 5555, m' = 3285 gives 0000, which equation 2 of RFC 1141
  // gets wrong.
  TEST_CASE("gives the example of RFC 1624") {
    ChecksumUpdate update;
    update.replace_u16(0x5555, 0x3285);
    EXPECT(update.applied_to(0xdd2f) == 0x0000);
  }

  TEST_CASE("equals a full computation over random data") {
    testing::CountingRng rng;
    for (int round = 0; round < 20000; ++round) {
      ByteVector bytes(24);
      rng.fill(bytes);
      const std::uint16_t before = internet_checksum(bytes);
      ChecksumUpdate update;
      const auto at = static_cast<std::size_t>(base::random_below(rng, 10)) * 2;
      const auto value = base::random_value<std::uint32_t>(rng);
      update.replace_u32(base::load_u32(bytes, at), value);
      base::store_u32(bytes, at, value);
      const auto half = base::random_value<std::uint16_t>(rng);
      update.replace_u16(base::load_u16(bytes, 22), half);
      base::store_u16(bytes, 22, half);
      REQUIRE(update.applied_to(before) == internet_checksum(bytes));
    }
  }

  TEST_CASE("addresses of both families update like their wire bytes") {
    for (const auto& [from, to] :
         {std::pair{ip("10.137.0.5"), ip("172.16.8.2")}, {ip("fd00::5"), ip("2001:db8:1:2::3")}}) {
      ChecksumUpdate update;
      update.replace_address(from, to);
      EXPECT(update.applied_to(internet_checksum(from.wire())) == internet_checksum(to.wire()));
    }
  }

  TEST_CASE("a partial sum is updated without inversion") {
    ChecksumUpdate update;
    update.replace_u16(0x1000, 0x1001);
    EXPECT(update.applied_to_partial(0x4444) == 0x4445);
    EXPECT(update.applied_to(0x4444) == 0x4443);
  }
}

}  // namespace
}  // namespace sallyport::net
