#include "compression/lzo.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace sallyport::compression {
namespace {

// Instructions are told apart by their first byte.
constexpr std::uint8_t kFirstFarMatch = 0x10;
constexpr std::uint8_t kFirstNearMatch = 0x20;
constexpr std::uint8_t kFirstShortMatch = 0x40;

// The first byte of a block: from here on it counts literals.
constexpr std::uint8_t kFirstLiterals = 17;

// How many literals the last instruction copied, as far as it matters.
constexpr std::size_t kManyLiterals = 4;

class LzoReader {
 public:
  LzoReader(base::Bytes packed, base::MutableBytes space) : input_(packed), space_(space) {}

  std::optional<std::size_t> unpack() {
    if (!begin()) return std::nullopt;
    for (;;) {
      const auto code = input_.u8();
      if (!code || !execute(*code)) return std::nullopt;
      if (ended_) break;
    }
    if (!input_.done()) return std::nullopt;
    return size_;
  }

 private:
  bool begin() {
    if (input_.done() || input_.rest()[0] <= kFirstLiterals) return true;
    const std::size_t count = *input_.u8() - kFirstLiterals;
    literals_ = std::min(count, kManyLiterals);
    return copy_literals(count);
  }

  bool execute(std::uint8_t code) {
    if (code >= kFirstShortMatch) return short_match(code);
    if (code >= kFirstNearMatch) return near_match(code);
    if (code >= kFirstFarMatch) return far_match(code);
    if (literals_ == 0) return literal_run(code);
    return tiny_match(code);
  }

  // 0000LLLL behind a match without literals
  bool literal_run(std::uint8_t code) {
    const auto count = length(code, 4);
    if (!count) return false;
    literals_ = kManyLiterals;
    return copy_literals(*count + 3);
  }

  // 0000DDSS behind literals, and a byte of the distance
  bool tiny_match(std::uint8_t code) {
    const auto high = input_.u8();
    if (!high) return false;
    const std::size_t distance = (std::size_t{*high} << 2) + (code >> 2) + 1;
    const bool many = literals_ == kManyLiterals;
    return match(many ? distance + 2048 : distance, many ? 3 : 2, code);
  }

  // LLLDDDSS, with 2 to 7 in L, and a byte of the distance
  bool short_match(std::uint8_t code) {
    const auto high = input_.u8();
    if (!high) return false;
    return match((std::size_t{*high} << 3) + (code >> 2 & 7) + 1, (code >> 5) + std::size_t{1},
                 code);
  }

  // 001LLLLL
  bool near_match(std::uint8_t code) {
    const auto count = length(code, 5);
    const auto operand = count ? distance_and_literals() : std::nullopt;
    if (!operand) return false;
    return match((*operand >> 2) + std::size_t{1}, *count + 2, *operand);
  }

  // 0001HLLL
  bool far_match(std::uint8_t code) {
    const auto count = length(code, 3);
    const auto operand = count ? distance_and_literals() : std::nullopt;
    if (!operand) return false;
    const std::size_t beyond = (code & std::size_t{8}) << 11 | *operand >> 2;
    // The end mark: a distance that would be a nearer match's.
    ended_ = beyond == 0;
    return ended_ || match(beyond + 16384, *count + 2, *operand);
  }

  // A number in the last `bits` of an instruction, or, when these are zero, in bytes behind it.
  std::optional<std::size_t> length(std::uint8_t code, unsigned bits) {
    const std::size_t most = (std::size_t{1} << bits) - 1;
    std::size_t value = code & most;
    if (value != 0) return value;
    for (value = most;; value += 255) {
      const auto more = input_.u8();
      if (!more) return std::nullopt;
      if (*more != 0) return value + *more;
    }
  }

  // Fourteen bits of a distance, two bits that count literals; the lower byte comes first.
  std::optional<std::size_t> distance_and_literals() {
    const auto low = input_.u8();
    const auto high = input_.u8();
    if (!low || !high) return std::nullopt;
    return std::size_t{*high} << 8 | *low;
  }

  bool copy_literals(std::size_t count) {
    const auto bytes = input_.take(count);
    if (!bytes || count > space_.size() - size_) return false;
    base::copy_bytes(*bytes, space_.subspan(size_));
    size_ += count;
    return true;
  }

  // A match, and as many literals as the last two bits of `tail` say. It may reach into what it
  // writes: that repeats the bytes.
  bool match(std::size_t distance, std::size_t count, std::size_t tail) {
    if (distance > size_ || count > space_.size() - size_) return false;
    while (count > 0) {
      const std::size_t step = std::min(count, distance);
      base::copy_bytes(space_.subspan(size_ - distance, step), space_.subspan(size_));
      size_ += step;
      count -= step;
      distance += step;  // the same bytes, and those that they became
    }
    literals_ = tail & 3;
    return copy_literals(literals_);
  }

  base::ByteReader input_;
  base::MutableBytes space_;
  std::size_t size_ = 0;  // unpacked so far
  std::size_t literals_ = 0;
  bool ended_ = false;
};

}  // namespace

std::optional<std::size_t> unpack_lzo(base::Bytes packed, base::MutableBytes space) {
  return LzoReader(packed, space).unpack();
}

}  // namespace sallyport::compression
