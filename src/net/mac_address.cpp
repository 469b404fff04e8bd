#include "net/mac_address.h"

#include "base/hex.h"

namespace sallyport::net {

MacAddress MacAddress::load(base::Bytes from, std::size_t at) {
  Octets octets{};
  base::copy_bytes(from.subspan(at, kSize), octets);
  return MacAddress(octets);
}

void MacAddress::store(base::MutableBytes to, std::size_t at) const {
  base::copy_bytes(octets_, to.subspan(at, kSize));
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  if (text.size() != 3 * kSize - 1) return std::nullopt;
  Octets octets{};
  for (std::size_t i = 0; i < kSize; ++i) {
    if (i != 0 && text[3 * i - 1] != ':') return std::nullopt;
    const auto octet = base::hex_decode(text.substr(3 * i, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    octets[i] = octet->front();
  }
  return MacAddress(octets);
}

std::string MacAddress::to_string() const {
  std::string text;
  for (const std::uint8_t octet : octets_) {
    if (!text.empty()) text += ':';
    text += base::hex_encode(base::Bytes(&octet, 1));
  }
  return text;
}

}  // namespace sallyport::net
