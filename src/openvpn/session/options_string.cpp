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

std::string options_string(const Profile& profile, const Remote& remote) {
  // The link MTU counts overheads of a cipher that is not negotiated yet: 2.6 sends 1541 with its
  // defaults.
  std::string text =
      "V4,dev-type tun,link-mtu 1541,tun-mtu " + std::to_string(profile.tunnel.tun_mtu);
  text += remote.transport == Transport::kUdp ? ",proto UDPv4" : ",proto TCPv4_CLIENT";
  if (profile.tunnel.compression != CompressionFraming::kNone) text += ",comp-lzo";
  if (remote.fragment != 0) text += ",mtu-dynamic";
  const auto* const auth = std::get_if<TlsAuthWrap>(&profile.wraps[remote.wrap]);
  if (auth != nullptr && auth->direction) {
    text += *auth->direction == KeyDirection::kNormal ? ",keydir 0" : ",keydir 1";
  }
  text += ",auth " + std::string(profile.auth_digest.name()) + ",keysize 128";
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
