// The ciphers of the data channel, as a profile lists them: `data-ciphers A:?B:DEFAULT`
// (docs/protocol.md, "Data channel").
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "openvpn/data/data_cipher.h"

namespace sallyport::openvpn {

enum class CipherKind {
  kUsable,   // what the data channel speaks
  kWeak,     // 64-bit blocks, broken, or no encryption
  kOther,    // one that OpenSSL has and nobody needs here
  kUnknown,  // no cipher
};

// By OpenVPN's names, in any case.
CipherKind kind_of_cipher(std::string_view name);
// Why a cipher of this kind is not used; a clause. Not for kUsable.
std::string_view describe(CipherKind kind);

// What OpenVPN 2.6 offers by default, in its order: of that, what this machine has.
std::vector<DataCipher> default_ciphers();

struct CipherList {
  std::vector<DataCipher> ciphers;  // each once, in the order of the list
  // What is wrong with the others, for a message: "BF-CBC (not safe, never used)". Empty when
  // there is nothing.
  std::string left_out;

  static CipherList parse(std::string_view text);
};

}  // namespace sallyport::openvpn
