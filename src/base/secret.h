// Key material: can be moved, never copied by accident, wiped when it goes. There is no operator<<
// and no conversion to a string or vector; equality of secrets is crypto::constant_time_equal.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"

namespace sallyport::base {

// Overwrites memory in a way no optimiser removes.
void wipe(MutableBytes bytes);

template <std::size_t N>
class SecretArray {
 public:
  SecretArray() = default;
  explicit SecretArray(Bytes from) {
    CHECK(from.size() == N);
    std::copy(from.begin(), from.end(), bytes_.begin());
  }
  SecretArray(SecretArray&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  SecretArray& operator=(SecretArray&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  ~SecretArray() { wipe(bytes_); }

  // A deliberate second copy of the key.
  SecretArray clone() const { return SecretArray(reveal()); }
  Bytes reveal() const { return bytes_; }
  MutableBytes reveal_mutable() { return bytes_; }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(Bytes from) : bytes_(from.begin(), from.end()) {}
  explicit SecretBytes(std::string_view from) : SecretBytes(bytes_of(from)) {}
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  // Takes over a vector's storage; the secret then exists once.
  explicit SecretBytes(std::vector<std::uint8_t>&& from) : bytes_(std::move(from)) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      wipe(bytes_);
      bytes_ = std::exchange(other.bytes_, {});
    }
    return *this;
  }
  ~SecretBytes() { wipe(bytes_); }

  SecretBytes clone() const { return SecretBytes(reveal()); }
  Bytes reveal() const { return bytes_; }
  MutableBytes reveal_mutable() { return bytes_; }
  std::string_view reveal_text() const { return text_of(bytes_); }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace sallyport::base
