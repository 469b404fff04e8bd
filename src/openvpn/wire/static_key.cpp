#include "openvpn/wire/static_key.h"

#include <algorithm>

#include "base/hex.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kBegin = "-----BEGIN OpenVPN Static key V1-----";
constexpr std::string_view kEnd = "-----END OpenVPN Static key V1-----";

}  // namespace

StaticKey StaticKey::random(base::Rng& rng) {
  base::SecretArray<kSize> bytes;
  rng.fill(bytes.reveal_mutable());
  return StaticKey(bytes.reveal());
}

std::expected<StaticKey, std::string> StaticKey::parse(std::string_view file) {
  const std::size_t begin = file.find(kBegin);
  if (begin == std::string_view::npos)
    return std::unexpected("there is no OpenVPN static key in it");
  const std::string_view after = file.substr(begin + kBegin.size());
  const std::size_t end = after.find(kEnd);
  if (end == std::string_view::npos) return std::unexpected("the static key has no END line");
  auto decoded = base::hex_decode(after.substr(0, end));
  if (!decoded) return std::unexpected("the static key has a character that is not hexadecimal");
  const base::SecretBytes bytes(std::move(*decoded));
  if (bytes.size() != kSize) {
    return std::unexpected("the static key has " + std::to_string(bytes.size()) +
                           " bytes, not 256");
  }
  if (std::ranges::all_of(bytes.reveal(), [](std::uint8_t byte) { return byte == 0; })) {
    return std::unexpected("the static key is all zeros");
  }
  return StaticKey(bytes.reveal());
}

}  // namespace sallyport::openvpn
