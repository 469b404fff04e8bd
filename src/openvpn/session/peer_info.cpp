#include "openvpn/session/peer_info.h"

#include <algorithm>
#include <utility>

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kVersion = "0.1.0";

bool offers(const Profile& profile, DataCipher algorithm) {
  return std::ranges::find(profile.ciphers.offered, algorithm) != profile.ciphers.offered.end();
}

std::string cipher_list(const Profile& profile) {
  std::string list;
  for (const DataCipher algorithm : profile.ciphers.offered) {
    if (!list.empty()) list += ':';
    list += name_of(algorithm);
  }
  return list;
}

}  // namespace

std::uint32_t announced_abilities() {
  std::uint32_t bits = 0;
  for (const auto ability : {ProtocolAbility::kDataV2, ProtocolAbility::kRequestPush,
                             ProtocolAbility::kTlsKeyExport, ProtocolAbility::kAuthPendingKeywords,
                             ProtocolAbility::kExitNotify, ProtocolAbility::kAuthFailTemporary,
                             ProtocolAbility::kDynamicTlsCrypt, ProtocolAbility::kDataEpochs,
                             ProtocolAbility::kDnsOptionV2, ProtocolAbility::kPushUpdate}) {
    bits |= std::to_underlying(ability);
  }
  return bits;
}

std::string peer_info(const Profile& profile) {
  std::string text;
  const auto line = [&text](std::string_view key, std::string_view value) {
    text += key;
    text += '=';
    text += value;
    text += '\n';
  };
  line("IV_VER", kVersion);
  line("IV_PLAT", "linux");
  line("IV_TCPNL", "1");
  line("IV_MTU", std::to_string(kAnnouncedMtu));
  // A promise about both, made to servers that know no list.
  if (offers(profile, DataCipher::kAes256Gcm) && offers(profile, DataCipher::kAes128Gcm)) {
    line("IV_NCP", "2");
  }
  line("IV_CIPHERS", cipher_list(profile));
  line("IV_PROTO", std::to_string(announced_abilities()));
  // The framing alone: no IV_LZO or IV_LZ4, which would invite compressed data.
  for (const char* const stub : {"IV_LZO_STUB", "IV_COMP_STUB", "IV_COMP_STUBv2"}) line(stub, "1");
  // The user sees a login page in `status`, and answers with `ctl answer`.
  line("IV_SSO", "openurl,webauth,crtext");
  line("IV_GUI_VER", "Sallyport_" + std::string(kVersion));
  if (profile.peer_info.push_all) {
    for (const auto& [key, value] : profile.peer_info.environment) line(key, value);
  }
  return text;
}

}  // namespace sallyport::openvpn
