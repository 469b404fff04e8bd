#include "openvpn/profile/pem_text.h"

#include <algorithm>
#include <array>
#include <span>

#include "crypto/pem.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";

constexpr std::array<std::string_view, 3> kCertificateLabels = {"CERTIFICATE", "X509 CERTIFICATE",
                                                                "TRUSTED CERTIFICATE"};
constexpr std::array<std::string_view, 1> kCrlLabels = {"X509 CRL"};

// How certificates of well-known authorities name themselves (organisation or common name).
constexpr std::array<std::string_view, 16> kPublicAuthorities = {"Internet Security Research Group",
                                                                 "Let's Encrypt",
                                                                 "DigiCert",
                                                                 "GlobalSign",
                                                                 "Sectigo",
                                                                 "COMODO CA Limited",
                                                                 "The USERTRUST Network",
                                                                 "Google Trust Services",
                                                                 "Amazon Root CA",
                                                                 "Baltimore CyberTrust",
                                                                 "GoDaddy",
                                                                 "Go Daddy",
                                                                 "Starfield",
                                                                 "Entrust",
                                                                 "IdenTrust",
                                                                 "ZeroSSL"};

// The next block of any label in `rest`, whole; takes it and what stands before it.
std::optional<std::string_view> take_block(std::string_view& rest, std::string_view& label) {
  const std::size_t begin = rest.find(kBegin);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view from_begin = rest.substr(begin);
  const std::size_t label_end = from_begin.find(kDashes, kBegin.size());
  if (label_end == std::string_view::npos) return std::nullopt;
  label = from_begin.substr(kBegin.size(), label_end - kBegin.size());
  const std::string closing = "-----END " + std::string(label) + std::string(kDashes);
  const std::size_t end = from_begin.find(closing, label_end);
  if (end == std::string_view::npos) return std::nullopt;
  rest = from_begin.substr(end + closing.size());
  return from_begin.substr(0, end + closing.size());
}

std::string blocks_in(std::string_view text, std::span<const std::string_view> labels) {
  std::string blocks;
  std::string_view label;
  while (const auto block = take_block(text, label)) {
    if (std::ranges::find(labels, label) == labels.end()) continue;
    blocks += *block;
    blocks += '\n';
  }
  return blocks;
}

}  // namespace

std::string certificates_in(std::string_view text) {
  return blocks_in(text, kCertificateLabels);
}

std::string revocation_lists_in(std::string_view text) {
  return blocks_in(text, kCrlLabels);
}

std::optional<std::string_view> public_authority_in(std::string_view certificates) {
  std::string_view label;
  while (const auto block = take_block(certificates, label)) {
    const auto der = crypto::pem_decode(*block, label);
    if (!der) continue;
    for (const std::string_view authority : kPublicAuthorities) {
      if (der->reveal_text().find(authority) != std::string_view::npos) return authority;
    }
  }
  return std::nullopt;
}

}  // namespace sallyport::openvpn
