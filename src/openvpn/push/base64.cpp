#include "openvpn/push/base64.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::uint32_t> digit_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

}  // namespace

std::optional<base::SecretBytes> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  text.remove_suffix(padding);
  base::SecretBytes decoded(text.size() * 3 / 4);
  std::uint32_t pending = 0;  // bits not written yet, in the low end
  unsigned bits = 0;
  std::size_t written = 0;
  for (const char c : text) {
    const auto value = digit_value(c);
    if (!value) return std::nullopt;
    pending = pending << 6 | *value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    decoded.reveal_mutable()[written++] = static_cast<std::uint8_t>(pending >> bits);
    pending &= (1u << bits) - 1;
  }
  if (pending != 0) return std::nullopt;
  return decoded;
}

base::SecretBytes encode_base64(base::Bytes bytes) {
  std::vector<std::uint8_t> text;
  text.reserve((bytes.size() + 2) / 3 * 4);  // so that no half-grown copy stays behind
  for (; !bytes.empty(); bytes = bytes.subspan(std::min<std::size_t>(3, bytes.size()))) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < bytes.size() ? bytes[i] : 0u);
    for (std::size_t i = 0; i < 4; ++i) {
      const char digit = i > bytes.size() ? '=' : kDigits[group >> (18 - 6 * i) & 63];
      text.push_back(static_cast<std::uint8_t>(digit));
    }
  }
  return base::SecretBytes(std::move(text));
}

}  // namespace sallyport::openvpn
