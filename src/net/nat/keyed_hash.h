// SipHash-1-3 (Aumasson and Bernstein, 2012) over whole words: the hash of tables whose keys a
// guest or a server picks. Without the key nobody can find keys that collide, so nobody can make a
// look-up slow.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/rng.h"
#include "net/address.h"

namespace sallyport::net {

class KeyedHash {
 public:
  explicit KeyedHash(base::Rng& rng)
      : KeyedHash(base::random_value<std::uint64_t>(rng), base::random_value<std::uint64_t>(rng)) {}
  constexpr KeyedHash(std::uint64_t key0, std::uint64_t key1) : key0_(key0), key1_(key1) {}

  // `tag` tells apart tables and kinds of keys with the same words.
  std::uint64_t operator()(std::span<const std::uint64_t> words, std::uint8_t tag) const;

 private:
  std::uint64_t key0_;
  std::uint64_t key1_;
};

// An address for a key to hash.
std::array<std::uint64_t, 2> words_of(const IpAddress& address);

}  // namespace sallyport::net
