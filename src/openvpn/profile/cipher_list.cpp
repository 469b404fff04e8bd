#include "openvpn/profile/cipher_list.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/check.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

// Entries that a message names; a line can hold a thousand.
constexpr std::size_t kMaxNamed = 8;
constexpr std::size_t kMaxNameShown = 32;

std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

template <std::size_t N>
bool has_prefix(std::string_view name, const std::array<std::string_view, N>& prefixes) {
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void add_once(std::vector<DataCipher>& ciphers, DataCipher cipher) {
  if (std::ranges::find(ciphers, cipher) == ciphers.end()) ciphers.push_back(cipher);
}

}  // namespace

CipherKind kind_of_cipher(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kWeakPrefixes = {
      "BF-", "DES-", "DESX-", "RC2-", "RC5-", "CAST5-", "SEED-", "IDEA-"};
  static constexpr std::array<std::string_view, 5> kOtherPrefixes = {"AES-", "CAMELLIA-", "ARIA-",
                                                                     "SM4-", "CHACHA20"};
  if (data_cipher_by_name(name)) return CipherKind::kUsable;
  const std::string upper = upper_case(name);
  if (upper == "NONE" || has_prefix(upper, kWeakPrefixes)) return CipherKind::kWeak;
  return has_prefix(upper, kOtherPrefixes) ? CipherKind::kOther : CipherKind::kUnknown;
}

std::string_view describe(CipherKind kind) {
  switch (kind) {
    case CipherKind::kUsable:
      break;
    case CipherKind::kWeak:
      return "not safe, never used";
    case CipherKind::kOther:
      return "not supported";
    case CipherKind::kUnknown:
      return "unknown";
  }
  CHECK(false);
}

std::vector<DataCipher> default_ciphers() {
  std::vector<DataCipher> ciphers{DataCipher::kAes256Gcm, DataCipher::kAes128Gcm,
                                  DataCipher::kChaCha20Poly1305};
  std::erase_if(ciphers, [](DataCipher cipher) { return !is_available(cipher); });
  return ciphers;
}

CipherList CipherList::parse(std::string_view text) {
  CipherList list;
  std::size_t named = 0;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    std::string_view name = text.substr(0, colon);
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
    if (name.starts_with('?')) name.remove_prefix(1);
    if (name.empty()) continue;
    if (name == "DEFAULT") {
      for (const DataCipher cipher : default_ciphers()) add_once(list.ciphers, cipher);
    } else if (const auto cipher = data_cipher_by_name(name)) {
      add_once(list.ciphers, *cipher);
    } else if (named++ < kMaxNamed) {
      if (!list.left_out.empty()) list.left_out += ", ";
      list.left_out +=
          printable(name, kMaxNameShown) + " (" + std::string(describe(kind_of_cipher(name))) + ")";
    }
  }
  if (named > kMaxNamed) list.left_out += " and others";
  return list;
}

}  // namespace sallyport::openvpn
