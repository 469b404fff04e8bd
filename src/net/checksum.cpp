#include "net/checksum.h"

#include <cstring>

namespace sallyport::net {
namespace {

template <std::size_t N>
using FixedBytes = std::span<const std::uint8_t, N>;

// The compilers' own vector type: two 64-bit lanes, in SSE2 or NEON registers without a line of
// either.
using Lanes [[gnu::vector_size(16)]] = std::uint64_t;

template <class T>
T load_native(FixedBytes<sizeof(T)> from) {
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  return value;
}

// Adds up 32-bit words in 64-bit lanes, so that no carry is lost and none has to be looked for.
class LaneSum {
 public:
  void add(FixedBytes<16> from) {
    const Lanes words = load_native<Lanes>(from);
    low_ += words & 0xffff'ffff;
    high_ += words >> 32;
  }
  std::uint64_t total() const { return low_[0] + low_[1] + high_[0] + high_[1]; }

 private:
  Lanes low_{};
  Lanes high_{};
};

// The rest, less than 16 bytes, in falling powers of two: cheaper for headers than a padded block.
std::uint64_t sum_tail(base::Bytes tail) {
  std::uint64_t sum = 0;
  if (tail.size() >= 8) {
    const auto words = load_native<std::uint64_t>(tail.first<8>());
    sum += (words >> 32) + (words & 0xffff'ffff);
    tail = tail.subspan<8>();
  }
  if (tail.size() >= 4) {
    sum += load_native<std::uint32_t>(tail.first<4>());
    tail = tail.subspan<4>();
  }
  if (tail.size() >= 2) {
    sum += load_native<std::uint16_t>(tail.first<2>());
    tail = tail.subspan<2>();
  }
  if (!tail.empty()) {
    sum += std::endian::native == std::endian::little ? tail[0] : std::uint64_t{tail[0]} << 8;
  }
  return sum;
}

}  // namespace

void ChecksumSum::add(base::Bytes bytes) {
  LaneSum even;
  LaneSum odd;
  while (bytes.size() >= 64) {
    const auto block = bytes.first<64>();
    even.add(block.subspan<0, 16>());
    odd.add(block.subspan<16, 16>());
    even.add(block.subspan<32, 16>());
    odd.add(block.subspan<48, 16>());
    bytes = bytes.subspan<64>();
  }
  while (bytes.size() >= 16) {
    even.add(bytes.first<16>());
    bytes = bytes.subspan<16>();
  }
  sum_ += even.total() + odd.total() + sum_tail(bytes);
}

// The mapped form's ones add 0xffff, which is zero in this arithmetic: both families sum as 16
// bytes.
void ChecksumSum::add(const IpAddress& address) {
  const FixedBytes<IpAddress::kSize> bytes(address.bytes());
  const auto high = load_native<std::uint64_t>(bytes.first<8>());
  const auto low = load_native<std::uint64_t>(bytes.last<8>());
  sum_ += (high >> 32) + (high & 0xffff'ffff) + (low >> 32) + (low & 0xffff'ffff);
}

std::uint16_t ChecksumSum::folded() const {
  std::uint64_t sum = (sum_ >> 32) + (sum_ & 0xffff'ffff);
  while (sum >> 16 != 0) sum = (sum >> 16) + (sum & 0xffff);
  return in_memory_order(static_cast<std::uint16_t>(sum));
}

std::uint16_t internet_checksum(base::Bytes bytes) {
  ChecksumSum sum;
  sum.add(bytes);
  return sum.checksum();
}

ChecksumSum pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                              std::uint8_t protocol, std::uint32_t length) {
  ChecksumSum sum;
  sum.add(source);
  sum.add(destination);
  sum.add_u16(protocol);
  sum.add_u32(length);
  return sum;
}

}  // namespace sallyport::net
