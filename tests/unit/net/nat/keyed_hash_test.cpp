#include "net/nat/keyed_hash.h"

#include "test.h"

namespace sallyport::net {
namespace {

TEST_SUITE("net/nat/keyed_hash") {
  // The same bytes through OpenSSL 3: openssl mac -macopt hexkey:000102...0f -macopt size:8 -macopt
  // c-rounds:1 -macopt d-rounds:3 SIPHASH; the message is the words in little-endian order and the
  // tag.
  TEST_CASE("is SipHash-1-3 of the words and the tag") {
    const KeyedHash hash(0x0706050403020100, 0x0f0e0d0c0b0a0908);
    std::array<std::uint64_t, 5> words{};
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = 0x0102030405060708 * (i + 1);
    const std::span all(words);
    EXPECT(hash(all.first(0), 0xa5) == 0xb83acc6c4642c330);
    EXPECT(hash(all.first(1), 0xa5) == 0x64946b08ea1d7301);
    EXPECT(hash(all.first(2), 0xa5) == 0xa7a0531055c623fe);
    EXPECT(hash(all.first(5), 0xa5) == 0xc8cc89764663c912);
  }

  TEST_CASE("depends on the key and the tag") {
    const std::array<std::uint64_t, 1> word{7};
    EXPECT(KeyedHash(1, 2)(word, 0) != KeyedHash(1, 3)(word, 0));
    EXPECT(KeyedHash(1, 2)(word, 0) != KeyedHash(1, 2)(word, 1));
  }
}

}  // namespace
}  // namespace sallyport::net
