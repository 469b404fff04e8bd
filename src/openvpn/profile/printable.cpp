#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {

std::string printable(std::string_view text, std::size_t limit) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown;
  for (const char c : text.substr(0, limit)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7e) {
      shown += "\\x";
      shown += kDigits[byte >> 4];
      shown += kDigits[byte & 15];
    } else {
      if (c == '\\') shown += '\\';
      shown += c;
    }
  }
  if (text.size() > limit) shown += "...";
  return shown;
}

std::string quoted(std::string_view text, std::size_t limit) {
  return "'" + printable(text, limit) + "'";
}

}  // namespace sallyport::openvpn
