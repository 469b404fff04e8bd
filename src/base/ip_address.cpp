#include "base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/endian.h"
#include "base/parse_number.h"

namespace sallyport::base {
namespace {

// Bits of the 128-bit form that a prefix of `length` bits of its own family covers.
unsigned mapped_length(const IpAddress& address, unsigned length) {
  return address.is_v4() ? length + 96 : length;
}

bool same_leading_bits(const IpAddress& one, const IpAddress& other, unsigned bits) {
  const std::uint64_t high = load_u64(one.bytes(), 0) ^ load_u64(other.bytes(), 0);
  if (bits <= 64) return bits == 0 || high >> (64 - bits) == 0;
  const std::uint64_t low = load_u64(one.bytes(), 8) ^ load_u64(other.bytes(), 8);
  return high == 0 && low >> (128 - bits) == 0;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> wire;
  if (::inet_pton(AF_INET, std::string(text).c_str(), wire.data()) != 1) return std::nullopt;
  return v4(std::uint32_t{wire[0]} << 24 | std::uint32_t{wire[1]} << 16 |
            std::uint32_t{wire[2]} << 8 | wire[3]);
}

std::optional<IpAddress> IpAddress::parse_v6(std::string_view text) {
  std::array<std::uint8_t, kSize> wire;
  if (::inet_pton(AF_INET6, std::string(text).c_str(), wire.data()) != 1) return std::nullopt;
  return v6(wire);
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  return text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  CHECK(::inet_ntop(is_v4() ? AF_INET : AF_INET6, wire().data(), text.data(), text.size()) !=
        nullptr);
  return text.data();
}

IpPrefix::IpPrefix(IpAddress address, unsigned length) : length_(length) {
  CHECK(length <= (address.is_v4() ? 32u : 128u));
  const unsigned bits = mapped_length(address, length);
  std::array<std::uint8_t, IpAddress::kSize> bytes = address.bytes();
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const int kept = std::clamp(static_cast<int>(bits) - static_cast<int>(i * 8), 0, 8);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & 0xff00 >> kept);
  }
  address_ = IpAddress::v6(bytes);
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned limit = address->is_v4() ? 32 : 128;
  if (slash == std::string_view::npos) return IpPrefix(*address, limit);
  const auto length = parse_number<unsigned>(text.substr(slash + 1), 0, limit);
  if (!length) return std::nullopt;
  return IpPrefix(*address, *length);
}

bool IpPrefix::contains(const IpAddress& address) const {
  return address.is_v4() == address_.is_v4() &&
         same_leading_bits(address, address_, mapped_length(address_, length_));
}

std::string IpPrefix::to_string() const {
  return address_.to_string() + "/" + std::to_string(length_);
}

std::optional<unsigned> netmask_length(const IpAddress& mask) {
  if (!mask.is_v4()) return std::nullopt;
  const int ones = std::countl_one(mask.v4_value());
  if (std::popcount(mask.v4_value()) != ones) return std::nullopt;
  return static_cast<unsigned>(ones);
}

}  // namespace sallyport::base
