#include "openvpn/session/options_string.h"

#include <algorithm>

namespace sallyport::openvpn {
namespace {

// What stands behind `name` in the first item that begins so.
std::optional<std::string_view> find_item(std::string_view options, std::string_view name) {
  while (!options.empty()) {
    const std::string_view item = options.substr(0, options.find(','));
    if (item.starts_with(name)) return item.substr(name.size());
    options.remove_prefix(std::min(options.size(), item.size() + 1));
  }
  return std::nullopt;
}

}  // namespace

namespace {

// The cipher that a server may take from us: OpenVPN names its fallback if it is offered as well.
std::optional<DataCipher> named_cipher(const DataCipherOptions& ciphers) {
  const auto& offered = ciphers.offered;
  const auto& named = ciphers.fallback;
  return named && std::ranges::find(offered, *named) != offered.end() ? named : std::nullopt;
}

// Octets that the data channel adds, as OpenVPN counts them: with BF-CBC where no cipher is named.
std::size_t overhead(std::optional<DataCipher> cipher, const Profile& profile,
                     const Remote& remote) {
  constexpr std::size_t kOpcodeAndPacketId = 5;
  constexpr std::size_t kAesGcm = 44;  // tag, nonce, and a block of padding that GCM never has
  constexpr std::size_t kChaCha20 = 29;
  std::size_t octets = kOpcodeAndPacketId;
  if (cipher && aead_of(*cipher)) {
    octets += *cipher == DataCipher::kChaCha20Poly1305 ? kChaCha20 : kAesGcm;
  } else {
    octets += profile.auth_digest.size() + (cipher ? 32 : 16);  // IV and padding: a block each
  }
  if (remote.transport == Transport::kTcp) octets += 2;
  if (profile.tunnel.compression != CompressionFraming::kNone) octets += 1;
  return remote.fragment == 0 ? octets : octets + 4;
}

}  // namespace

std::string options_string(const Profile& profile, const Remote& remote) {
  const auto cipher = named_cipher(profile.ciphers);
  const std::size_t mtu = profile.tunnel.tun_mtu;
  std::string text = "V4,dev-type tun,link-mtu " +
                     std::to_string(mtu + overhead(cipher, profile, remote)) + ",tun-mtu " +
                     std::to_string(mtu);
  text += remote.transport == Transport::kUdp ? ",proto UDPv4" : ",proto TCPv4_CLIENT";
  if (profile.tunnel.compression != CompressionFraming::kNone) text += ",comp-lzo";
  if (remote.fragment != 0) text += ",mtu-dynamic";
  const auto* const auth = std::get_if<TlsAuthWrap>(&profile.wraps[remote.wrap]);
  if (auth != nullptr && auth->direction) {
    text += *auth->direction == KeyDirection::kNormal ? ",keydir 0" : ",keydir 1";
  }
  if (cipher) text += ",cipher " + std::string(name_of(*cipher));
  const bool digest = !cipher || !aead_of(*cipher);
  text += ",auth " + std::string(digest ? profile.auth_digest.name() : "[null-digest]");
  text += ",keysize " + std::to_string(cipher ? key_size(*cipher) * 8 : 128);
  if (auth != nullptr) text += ",tls-auth";
  return text + ",key-method 2,tls-client";
}

std::optional<std::string_view> cipher_of_options(std::string_view options) {
  return find_item(options, "cipher ");
}

bool options_say_compression(std::string_view options) {
  return find_item(options, "comp-lzo") == "";
}

}  // namespace sallyport::openvpn
