#include "base/byte_reader.h"

#include <array>

#include "base/byte_writer.h"
#include "base/endian.h"
#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/byte_reader") {
  TEST_CASE("reads big-endian numbers in order") {
    const std::array<std::uint8_t, 15> bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    ByteReader reader(bytes);
    EXPECT(reader.u8() == 0x01);
    EXPECT(reader.u16() == 0x0203);
    EXPECT(reader.u32() == 0x04050607u);
    EXPECT(reader.u64() == 0x08090a0b0c0d0e0full);
    EXPECT(reader.done());
  }

  TEST_CASE("a read that does not fit consumes nothing") {
    const std::array<std::uint8_t, 3> bytes{1, 2, 3};
    ByteReader reader(bytes);
    EXPECT_FALSE(reader.u32().has_value());
    EXPECT_FALSE(reader.take(4).has_value());
    EXPECT(reader.remaining() == 3);
    EXPECT(reader.u16() == 0x0102);
    EXPECT_FALSE(reader.u16().has_value());
    EXPECT(reader.u8() == 3);
  }

  TEST_CASE("taking borrows the input and shrinks the rest") {
    const std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
    ByteReader reader(bytes);
    const auto taken = reader.take(3);
    REQUIRE(taken.has_value());
    EXPECT(taken->data() == bytes.data());
    EXPECT(reader.rest().size() == 1);
    EXPECT(reader.take(0).has_value());
  }

  TEST_CASE("what the writer wrote the reader reads") {
    ByteWriter writer;
    writer.u8(0xfe);
    writer.u16(0x1234);
    writer.u32(0xdeadbeef);
    writer.u64(0x0102030405060708);
    writer.bytes(bytes_of("end"));
    const auto written = writer.take();
    ByteReader reader(written);
    EXPECT(reader.u8() == 0xfe);
    EXPECT(reader.u16() == 0x1234);
    EXPECT(reader.u32() == 0xdeadbeef);
    EXPECT(reader.u64() == 0x0102030405060708);
    EXPECT(text_of(reader.rest()) == "end");
  }

  TEST_CASE("fixed places load and store the same order") {
    std::array<std::uint8_t, 6> bytes{};
    store_u32(bytes, 1, 0x01020304);
    EXPECT(bytes == std::array<std::uint8_t, 6>{0, 1, 2, 3, 4, 0});
    EXPECT(load_u32(bytes, 1) == 0x01020304);
    store_u16(bytes, 4, 0xabcd);
    EXPECT(load_u16(bytes, 4) == 0xabcd);
  }
}

}  // namespace
}  // namespace sallyport::base
