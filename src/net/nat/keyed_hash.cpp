#include "net/nat/keyed_hash.h"

#include <bit>
#include <cstring>

namespace sallyport::net {
namespace {

struct SipState {
  std::uint64_t v0;
  std::uint64_t v1;
  std::uint64_t v2;
  std::uint64_t v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t KeyedHash::operator()(std::span<const std::uint64_t> words, std::uint8_t tag) const {
  SipState state{key0_ ^ 0x736f6d6570736575, key1_ ^ 0x646f72616e646f6d, key0_ ^ 0x6c7967656e657261,
                 key1_ ^ 0x7465646279746573};
  for (const std::uint64_t word : words) state.absorb(word);
  // As if the message were the words and the tag as one more byte; its size is the top byte.
  state.absorb(std::uint64_t{words.size() * 8 + 1} << 56 | tag);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

std::array<std::uint64_t, 2> words_of(const IpAddress& address) {
  std::array<std::uint64_t, 2> words;
  static_assert(sizeof words == IpAddress::kSize);
  std::memcpy(words.data(), address.bytes().data(), sizeof words);
  return words;
}

}  // namespace sallyport::net
