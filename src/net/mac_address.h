// An Ethernet address as a value.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sallyport::net {

class MacAddress {
 public:
  static constexpr std::size_t kSize = 6;
  using Octets = std::array<std::uint8_t, kSize>;

  // All zeros: no interface has it.
  constexpr MacAddress() = default;
  constexpr explicit MacAddress(const Octets& octets) : octets_(octets) {}
  static constexpr MacAddress broadcast() {
    return MacAddress(Octets{0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
  }

  // From and to the six bytes at `at`.
  static MacAddress load(base::Bytes from, std::size_t at);
  void store(base::MutableBytes to, std::size_t at) const;
  // Six pairs of hexadecimal digits with colons between them.
  static std::optional<MacAddress> parse(std::string_view text);

  constexpr const Octets& octets() const { return octets_; }
  // The group bit (IEEE 802): set for multicast and broadcast, never for a sender.
  constexpr bool is_group() const { return (octets_[0] & 1) != 0; }
  std::string to_string() const;

  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;

 private:
  Octets octets_{};
};

}  // namespace sallyport::net
