// Blocks that liblzo2 and liblz4 made (tests/data/compression/make.py), and what their formats
// forbid.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/hex.h"
#include "compression/lz4.h"
#include "compression/lzo.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::compression {
namespace {

using Unpack = std::optional<std::size_t> (*)(base::Bytes packed, base::MutableBytes space);
using Packet = std::vector<std::uint8_t>;

// The same numbers as make.py's.
class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : state_(seed) {}
  std::uint32_t next() {
    state_ = (state_ * 1103515245u + 12345u) & 0x7fffffffu;
    return state_ >> 16;
  }

 private:
  std::uint32_t state_;
};

std::string texts(std::size_t size) {
  static constexpr std::array<std::string_view, 12> kWords{
      "GET ", "HTTP/1.1\r\n", "Host: ", "example.net", "\r\n",       "<p>",
      "</p>", "tunnel ",      "the ",   "packet",      "0123456789", " "};
  Numbers numbers(1);
  std::string text;
  while (text.size() < size) text += kWords[numbers.next() % kWords.size()];
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  Numbers numbers(2);
  std::string bytes(size, 0);
  for (char& byte : bytes) byte = static_cast<char>(numbers.next() & 255);
  return bytes;
}

struct Text {
  const char* name;
  std::string plain;
};

std::vector<Text> all_texts() {
  return {{"text", texts(1400)},
          {"zeros", std::string(1500, 0)},
          {"twice", noise(700) + noise(700)},
          {"far", texts(20000) + texts(20000)}};
}

struct Kind {
  const char* suffix;
  Unpack unpack;
};
constexpr std::array kKinds{Kind{".lzo1", unpack_lzo}, Kind{".lzo3", unpack_lzo},
                            Kind{".lzo9", unpack_lzo}, Kind{".lz4-1", unpack_lz4},
                            Kind{".lz4-9", unpack_lz4}};

Packet block_of(const std::string& name) {
  const std::string file = testing::read_test_data("compression/" + name);
  return {file.begin(), file.end()};
}

// In buffers of exactly their sizes, so that a sanitizer sees what is read or written beside them.
std::optional<std::string> unpacked(Unpack unpack, const Packet& packed, std::size_t room) {
  Packet space(room);
  const auto size = unpack(packed, space);
  if (!size) return std::nullopt;
  REQUIRE(*size <= room);
  return std::string(space.begin(), space.begin() + static_cast<std::ptrdiff_t>(*size));
}

std::optional<std::string> lzo(std::string_view hex, std::size_t room = 64) {
  return unpacked(unpack_lzo, *base::hex_decode(hex), room);
}

TEST_SUITE("compression") {
  TEST_CASE("unpacks what liblzo2 and liblz4 made, at every level") {
    for (const Text& text : all_texts()) {
      for (const Kind& kind : kKinds) {
        CAPTURE(std::string(text.name) + kind.suffix);
        const Packet packed = block_of(std::string(text.name) + kind.suffix);
        REQUIRE(packed.size() < text.plain.size());
        EXPECT(unpacked(kind.unpack, packed, text.plain.size()) == text.plain);
        EXPECT(unpacked(kind.unpack, packed, text.plain.size() + 1000) == text.plain);
      }
    }
  }

  TEST_CASE("what needs more than the space is refused, whatever it is short of") {
    for (const Text& text : all_texts()) {
      if (text.plain.size() > 2000) continue;
      for (const Kind& kind : kKinds) {
        CAPTURE(std::string(text.name) + kind.suffix);
        const Packet packed = block_of(std::string(text.name) + kind.suffix);
        for (std::size_t room = 0; room < text.plain.size(); ++room)
          EXPECT_FALSE(unpacked(kind.unpack, packed, room).has_value());
      }
    }
  }

  TEST_CASE("a block that is cut short, or has something behind it, is refused") {
    for (const Text& text : all_texts()) {
      if (text.plain.size() > 2000) continue;
      for (const Kind& kind : kKinds) {
        CAPTURE(std::string(text.name) + kind.suffix);
        Packet packed = block_of(std::string(text.name) + kind.suffix);
        for (std::size_t size = 0; size < packed.size(); ++size) {
          const Packet part(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size));
          // A block of LZ4 has no end mark: a part of one may be one, but never the whole text.
          EXPECT(unpacked(kind.unpack, part, 2000) != text.plain);
          if (kind.unpack == unpack_lzo)
            EXPECT_FALSE(unpacked(kind.unpack, part, 2000).has_value());
        }
        packed.push_back(0);
        EXPECT(unpacked(kind.unpack, packed, 2000) != text.plain);
        if (kind.unpack == unpack_lzo)
          EXPECT_FALSE(unpacked(kind.unpack, packed, 2000).has_value());
      }
    }
  }

  TEST_CASE("blocks of any bytes stay within their buffers") {
    Numbers numbers(3);
    int whole = 0;
    for (int i = 0; i < 20000; ++i) {
      Packet packed(numbers.next() % 40);
      for (std::uint8_t& byte : packed) byte = static_cast<std::uint8_t>(numbers.next() & 255);
      // Most get no further than their first instruction, unless it is a good one.
      if (i % 2 == 0 && packed.size() > 8) {
        packed[0] = 20;
        packed[packed.size() - 3] = 0x11;
        packed[packed.size() - 2] = packed[packed.size() - 1] = 0;
      }
      for (const Unpack unpack : {unpack_lzo, unpack_lz4}) {
        if (unpacked(unpack, packed, numbers.next() % 300)) ++whole;
      }
    }
    EXPECT(whole > 0);
  }

  TEST_CASE("LZO: each instruction, by its first byte") {
    const std::string end = "110000", abc = "14616263";
    EXPECT(lzo(end) == "");
    EXPECT(lzo(abc + end) == "abc");
    EXPECT(lzo("1561626364" + end) == "abcd");
    EXPECT(lzo("0161626364" + end) == "abcd");              // the same as a run, 0000LLLL
    EXPECT(lzo(abc + "0800" + end) == "abcab");             // 0000DDSS
    EXPECT(lzo(abc + "4000" + end) == "abcccc");            // 01LDDDSS
    EXPECT(lzo(abc + "6800" + end) == "abcabca");           //
    EXPECT(lzo(abc + "490078" + end) == "abcabcx");         // with a literal behind it
    EXPECT(lzo(abc + "a800" + end) == "abcabcabc");         // 1LLDDDSS
    EXPECT(lzo(abc + "250800" + end) == "abcabcabca");      // 001LLLLL
    EXPECT(lzo(abc + "20040800" + end)->size() == 3 + 37);  // its length in a byte of its own
    EXPECT_FALSE(lzo("").has_value());
    EXPECT_FALSE(lzo("14").has_value());
    EXPECT_FALSE(lzo(abc).has_value());
    EXPECT_FALSE(lzo(abc + "20").has_value());
    EXPECT_FALSE(lzo(abc + "2000000000").has_value());
  }

  TEST_CASE("LZO: a match of what was never written is refused, and so are run lengths") {
    const std::string end = "110000", abc = "14616263";
    EXPECT_FALSE(lzo(abc + "0c00" + end).has_value());      // one byte too far
    EXPECT_FALSE(lzo(abc + "4c00" + end).has_value());      //
    EXPECT_FALSE(lzo(abc + "250c00" + end).has_value());    //
    EXPECT_FALSE(lzo("15616263640000" + end).has_value());  // 2049 back
    EXPECT_FALSE(lzo(abc + "190400" + end).has_value());    // 16385 back
    EXPECT_FALSE(lzo("4000" + end).has_value());            // of nothing at all
    EXPECT_FALSE(lzo("110114616263"
                     "1ffcff00" +
                     end)
                     .has_value());  // version 1 of the format
  }
}

}  // namespace
}  // namespace sallyport::compression
