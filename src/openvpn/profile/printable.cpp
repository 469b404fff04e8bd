#include "openvpn/profile/printable.h"

#include "base/utf8.h"

namespace sallyport::openvpn {

namespace {

void add_escaped(std::string& shown, std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    shown += "\\x";
    shown += kDigits[byte >> 4];
    shown += kDigits[byte & 15];
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
  std::string shown;
  for (const char c : text.substr(0, limit)) {
    if (c < 0x20 || c > 0x7e) {
      add_escaped(shown, {&c, 1});
    } else {
      if (c == '\\') shown += '\\';
      shown += c;
    }
  }
  if (text.size() > limit) shown += "...";
  return shown;
}

std::string legible(std::string_view text, std::size_t limit) {
  std::string shown;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto sign = base::first_code_point(rest);
    const std::string_view bytes = rest.substr(0, sign ? sign->size : 1);
    if (text.size() - rest.size() + bytes.size() > limit) break;
    if (!sign || !base::is_visible(sign->value)) {
      add_escaped(shown, bytes);
    } else {
      if (bytes == "\\") shown += '\\';
      shown += bytes;
    }
    rest.remove_prefix(bytes.size());
  }
  if (!rest.empty()) shown += "...";
  return shown;
}

std::string quoted(std::string_view text, std::size_t limit) {
  return "'" + printable(text, limit) + "'";
}

}  // namespace sallyport::openvpn
