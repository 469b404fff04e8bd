// An IPv4 or IPv6 address as one value, and a prefix of either. IPv4 is kept in its IPv4-mapped
// form (::ffff:a.b.c.d), so that tables and comparisons need one code path.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sallyport::base {

class IpAddress {
 public:
  static constexpr std::size_t kSize = 16;

  // The unspecified IPv6 address "::".
  constexpr IpAddress() = default;
  // `value` in host order: 10.0.0.1 is 0x0a000001.
  static constexpr IpAddress v4(std::uint32_t value) {
    IpAddress address;
    address.bytes_[10] = address.bytes_[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i)
      address.bytes_[15 - i] = static_cast<std::uint8_t>(value >> (8 * i));
    return address;
  }
  static constexpr IpAddress v6(const std::array<std::uint8_t, kSize>& bytes) {
    IpAddress address;
    address.bytes_ = bytes;
    return address;
  }
  // Literals only, in the standard notations: no names, no "10.1", no leading zeros, no zone.
  static std::optional<IpAddress> parse(std::string_view text);
  static std::optional<IpAddress> parse_v4(std::string_view text);
  static std::optional<IpAddress> parse_v6(std::string_view text);

  constexpr bool is_v4() const {
    const Words words = this->words();
    return (words[0] | words[1]) == 0 && words[2] == kMapped;
  }
  // In host order; only for is_v4().
  constexpr std::uint32_t v4_value() const {
    return std::uint32_t{bytes_[12]} << 24 | std::uint32_t{bytes_[13]} << 16 |
           std::uint32_t{bytes_[14]} << 8 | bytes_[15];
  }
  // The address as on the wire: 4 bytes for IPv4, 16 for IPv6.
  Bytes wire() const { return is_v4() ? Bytes(bytes_).last(4) : Bytes(bytes_); }
  const std::array<std::uint8_t, kSize>& bytes() const { return bytes_; }

  std::string to_string() const;
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
  friend constexpr bool operator==(const IpAddress& one, const IpAddress& other) {
    const Words a = one.words();
    const Words b = other.words();
    return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
  }

 private:
  // In the machine's order: only to be compared. The packet path does little else with addresses.
  using Words = std::array<std::uint32_t, 4>;
  constexpr Words words() const { return std::bit_cast<Words>(bytes_); }
  // The third word of the mapped form (RFC 4291 2.5.5.2).
  static constexpr std::uint32_t kMapped =
      std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{0, 0, 0xff, 0xff});

  std::array<std::uint8_t, kSize> bytes_{};
};

class IpPrefix {
 public:
  constexpr IpPrefix() = default;
  // `length` in bits of the address's own family, 0 to 32 or 128. Bits behind it are cleared.
  IpPrefix(IpAddress address, unsigned length);
  // "10.0.0.0/8", "fd00::/8"; a bare address is a prefix of one.
  static std::optional<IpPrefix> parse(std::string_view text);

  const IpAddress& address() const { return address_; }
  unsigned length() const { return length_; }
  bool contains(const IpAddress& address) const;
  std::string to_string() const;
  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;

 private:
  IpAddress address_;
  unsigned length_ = 0;
};

// The length of a contiguous netmask (255.255.255.0 is 24); empty for any other value.
std::optional<unsigned> netmask_length(const IpAddress& mask);

}  // namespace sallyport::base

// For tables of our own choosing; where an attacker picks the keys, a keyed hash is wanted.
template <>
struct std::hash<sallyport::base::IpAddress> {
  std::size_t operator()(const sallyport::base::IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}(sallyport::base::text_of(address.bytes()));
  }
};
