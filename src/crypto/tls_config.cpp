#include "crypto/tls_config.h"

#include <openssl/ssl.h>

#include <algorithm>

#include "crypto/initialize.h"

namespace sallyport::crypto {

TlsConfig TlsConfig::clone() const {
  TlsConfig copy;
  copy.role = role;
  copy.ca_pem = ca_pem;
  copy.certificate_pem = certificate_pem;
  copy.extra_certs_pem = extra_certs_pem;
  copy.key_pem = key_pem.clone();
  copy.crl_pem = crl_pem;
  copy.peer = peer;
  copy.require_peer_certificate = require_peer_certificate;
  copy.request_peer_certificate = request_peer_certificate;
  copy.version_min = version_min;
  copy.version_max = version_max;
  copy.cipher_list = cipher_list;
  copy.ciphersuites = ciphersuites;
  copy.groups = groups;
  copy.profile = profile;
  return copy;
}

std::string openssl_cipher_list(std::string_view openvpn_list) {
  initialize();
  std::string translated;
  while (!openvpn_list.empty()) {
    const std::string_view element = openvpn_list.substr(0, openvpn_list.find(':'));
    openvpn_list.remove_prefix(std::min(openvpn_list.size(), element.size() + 1));
    std::string standard(element);
    std::ranges::replace(standard, '-', '_');
    const char* const name = OPENSSL_cipher_name(standard.c_str());
    if (!translated.empty()) translated += ':';
    translated += std::string_view(name) == "(NONE)" ? element : std::string_view(name);
  }
  return translated;
}

}  // namespace sallyport::crypto
