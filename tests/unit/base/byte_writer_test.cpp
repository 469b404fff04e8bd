#include "base/byte_writer.h"

#include "base/byte_reader.h"
#include "base/endian.h"
#include "base/hex.h"
#include "test.h"

namespace sallyport::base {
namespace {

TEST_SUITE("base/byte_writer") {
  TEST_CASE("writes big-endian, one after the other") {
    ByteWriter writer;
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.u32(0x04050607);
    writer.u64(0x08090a0b0c0d0e0f);
    writer.bytes(bytes_of("xy"));
    EXPECT(writer.size() == 17);
    EXPECT(hex_encode(writer.written()) == "0102030405060708090a0b0c0d0e0f7879");
    ByteReader reader(writer.written());
    EXPECT(reader.u8() == 0x01);
    EXPECT(reader.u16() == 0x0203);
    EXPECT(reader.u32() == 0x04050607);
    EXPECT(reader.u64() == 0x08090a0b0c0d0e0f);
    EXPECT(text_of(reader.rest()) == "xy");
  }

  TEST_CASE("gives its bytes away") {
    ByteWriter writer(100);
    writer.u16(0xabcd);
    EXPECT(hex_encode(writer.take()) == "abcd");
  }
}

TEST_SUITE("base/endian") {
  TEST_CASE("loads and stores big-endian fields at any place") {
    std::vector<std::uint8_t> bytes(8);
    store_u32(bytes, 1, 0x11223344);
    store_u16(bytes, 6, 0x5566);
    EXPECT(hex_encode(bytes) == "0011223344005566");
    EXPECT(load_u32(bytes, 1) == 0x11223344);
    EXPECT(load_u16(bytes, 6) == 0x5566);
    EXPECT(load_big<std::uint64_t>(bytes, 0) == 0x0011223344005566);
  }
}

}  // namespace
}  // namespace sallyport::base
