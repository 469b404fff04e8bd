// ca, cert, key and their kin: who we are, and whom we take for the server (docs/protocol.md, "TLS
// and who the server is").
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/take_line.h"
#include "crypto/pkcs12.h"
#include "crypto/private_key.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/pem_text.h"
#include "openvpn/profile/printable.h"
#include "openvpn/profile/typography.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

// Reads certificates into one of the texts of TlsConfig.
Ruling set_certificates(Directive& directive, ProfileDraft& draft, std::string& pem) {
  const auto content = content_of(directive, draft);
  if (!content) return refused(content.error());
  pem = certificates_in(content->reveal_text());
  if (pem.empty()) return refused("there is no PEM certificate in it");
  return honoured();
}

Ruling set_ca(Directive& directive, ProfileDraft& draft) {
  return set_certificates(directive, draft, draft.profile.tls.ca_pem);
}

Ruling set_cert(Directive& directive, ProfileDraft& draft) {
  return set_certificates(directive, draft, draft.profile.tls.certificate_pem);
}

Ruling set_extra_certs(Directive& directive, ProfileDraft& draft) {
  return set_certificates(directive, draft, draft.profile.tls.extra_certs_pem);
}

Ruling set_key(Directive& directive, ProfileDraft& draft) {
  auto content = content_of(directive, draft);
  if (!content) return refused(content.error());
  if (content->empty()) return refused("there is no private key in it");
  if (crypto::is_encrypted_key(content->reveal_text())) {
    draft.profile.locked_key = LockedKey{LockedKey::Form::kPem, std::move(*content), false};
  } else {
    draft.profile.tls.key_pem = std::move(*content);
  }
  return honoured();
}

// askpass [FILE], or a block: the first line is the passphrase of the private key.
Ruling set_askpass(Directive& directive, ProfileDraft& draft) {
  const std::string_view file = directive.words.word_or(1, "");
  if (!directive.block && (file.empty() || file == "stdin"))
    return honoured("you are asked for it: 'sallyport ctl answer'");
  const auto content = content_of(directive, draft);
  if (!content)
    return honoured(content.error() + "; or you are asked for it: 'sallyport ctl answer'");
  std::string_view text = content->reveal_text();
  draft.passphrase = base::SecretBytes(base::take_line(text));
  return draft.passphrase.empty() ? honoured("it is empty, so you are asked for it") : honoured();
}

// A block is base64, a file is as it is.
Ruling set_pkcs12(Directive& directive, ProfileDraft& draft) {
  if (draft.says("cert") || draft.says("key"))
    return refused("there are cert and key besides; delete those or this");
  const bool inlined = directive.block.has_value();
  auto content = content_of(directive, draft);
  if (!content) return refused(content.error());
  if (inlined) {
    base::SecretBytes text(content->size());
    const auto end =
        std::ranges::copy_if(content->reveal(), text.reveal_mutable().begin(), [](unsigned char c) {
          return std::isspace(c) == 0;
        }).out;
    auto decoded = decode_base64(text.reveal_text().substr(
        0, static_cast<std::size_t>(end - text.reveal_mutable().begin())));
    if (!decoded) return refused("the block is not base64");
    content = std::move(*decoded);
  }
  auto read = crypto::read_pkcs12(content->reveal());
  if (!read && read.error().locked) {
    draft.profile.locked_key =
        LockedKey{LockedKey::Form::kPkcs12, std::move(*content), !draft.says("ca")};
    return honoured();
  }
  if (!read) return refused(read.error().text);
  crypto::TlsConfig& tls = draft.profile.tls;
  tls.certificate_pem = std::move(read->certificate_pem);
  tls.key_pem = std::move(read->key_pem);
  if (draft.says("ca")) return honoured("its authorities are not used: there is a ca");
  tls.ca_pem = std::move(read->ca_pem);
  return honoured();
}

// verify-hash HASH [SHA1|SHA256], or a block with one on each line.
Ruling set_verify_hash(Directive& directive, ProfileDraft& draft) {
  const std::string_view digest = directive.words.word_or(2, "");
  if (!digest.empty() && digest != "SHA1" && digest != "SHA256")
    return refused(quoted(digest) + " is neither SHA1 nor SHA256");
  std::string_view rest = directive.block ? directive.block->reveal_text() : directive.words[1];
  std::vector<std::vector<std::uint8_t>> hashes;
  while (!rest.empty()) {
    const auto words = ConfigWords::split(base::take_line(rest));
    if (words && words->empty()) continue;
    auto hash = words && words->size() == 1 ? crypto::parse_hash(words->name()) : std::nullopt;
    const std::size_t wanted = digest == "SHA256" ? crypto::kSha256Size : crypto::kSha1Size;
    if (!hash || (!digest.empty() && hash->size() != wanted))
      return refused("it takes SHA-1 or SHA-256 fingerprints: 20 or 32 bytes as AB:CD:...");
    hashes.push_back(std::move(*hash));
  }
  if (hashes.empty()) return refused("there is no fingerprint in it");
  draft.profile.tls.peer.issuer_fingerprints = std::move(hashes);
  return honoured();
}

Ruling set_crl_verify(Directive& directive, ProfileDraft& draft) {
  if (directive.words.size() > 2)
    return refused("a directory of serial numbers is not read; use a revocation list");
  const auto content = content_of(directive, draft);
  if (!content) return refused(content.error());
  draft.profile.tls.crl_pem = revocation_lists_in(content->reveal_text());
  if (draft.profile.tls.crl_pem.empty()) return refused("there is no PEM revocation list in it");
  return honoured();
}

// One as a word, or a block with one on each line.
Ruling add_peer_fingerprint(Directive& directive, ProfileDraft& draft) {
  std::string_view rest = directive.block ? directive.block->reveal_text() : directive.words[1];
  auto& fingerprints = draft.profile.tls.peer.fingerprints;
  const std::size_t before = fingerprints.size();
  while (!rest.empty()) {
    const auto words = ConfigWords::split(base::take_line(rest));
    if (words && words->empty()) continue;
    const auto fingerprint =
        words && words->size() == 1 ? crypto::parse_fingerprint(words->name()) : std::nullopt;
    if (!fingerprint) return refused("it takes SHA-256 fingerprints: 32 bytes as AB:CD:...");
    fingerprints.push_back(*fingerprint);
  }
  if (fingerprints.size() == before) return refused("there is no fingerprint in it");
  return honoured();
}

// remote-cert-tls and ns-cert-type. "client" would take any other customer for the server.
Ruling set_purpose(Directive& directive, std::optional<crypto::CertificatePurpose>& purpose) {
  if (directive.words[1] == "server") {
    purpose = crypto::CertificatePurpose::kServer;
    return honoured();
  }
  if (directive.words[1] == "client")
    return refused("the other end is to be a server: write 'server'");
  return refused(quoted(directive.words[1]) + " is no kind of certificate: write 'server'");
}

Ruling set_remote_cert_tls(Directive& directive, ProfileDraft& draft) {
  return set_purpose(directive, draft.profile.tls.peer.purpose);
}

Ruling set_ns_cert_type(Directive& directive, ProfileDraft& draft) {
  return set_purpose(directive, draft.profile.tls.peer.netscape_purpose);
}

// Hexadecimal sets of bits; one of them is enough. Without any the extension must be there.
Ruling set_remote_cert_ku(Directive& directive, ProfileDraft& draft) {
  std::vector<std::uint16_t> usages;
  for (std::size_t i = 1; i < directive.words.size(); ++i) {
    std::string_view digits = directive.words[i];
    if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
    std::uint16_t usage = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, usage, 16);
    if (error != std::errc{} || stop != end || usage == 0)
      return refused(quoted(directive.words[i]) + " is not a set of key usages in hexadecimal");
    usages.push_back(usage);
  }
  if (usages.empty()) usages = {0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01, 0x8000};
  draft.profile.tls.peer.key_usages = std::move(usages);
  return honoured();
}

Ruling set_remote_cert_eku(Directive& directive, ProfileDraft& draft) {
  if (directive.words[1].empty()) return refused("it is empty");
  draft.profile.tls.peer.extended_key_usage = directive.words[1];
  return honoured();
}

Ruling set_verify_x509_name(Directive& directive, ProfileDraft& draft) {
  const std::string_view type = directive.words.word_or(2, "subject");
  crypto::NameCheck check = crypto::NameCheck::kSubject;
  if (type == "name") {
    check = crypto::NameCheck::kCommonName;
  } else if (type == "name-prefix") {
    check = crypto::NameCheck::kCommonNamePrefix;
  } else if (type != "subject") {
    return refused(quoted(type) + " is none of subject, name and name-prefix");
  }
  if (directive.words[1].empty()) return refused("every name would do: it is empty");
  if (begins_with_typographic_quote(directive.words[1]))
    return refused(
        "its quotes are typographic ones, and would be part of the name; write plain ones");
  draft.profile.tls.peer.name_check = check;
  draft.profile.tls.peer.name = directive.words[1];
  return honoured();
}

constexpr std::array kRows = {
    OptionHandlerRow{"ca", set_ca},
    OptionHandlerRow{"cert", set_cert},
    OptionHandlerRow{"extra-certs", set_extra_certs},
    OptionHandlerRow{"key", set_key},
    OptionHandlerRow{"askpass", set_askpass},
    OptionHandlerRow{"pkcs12", set_pkcs12},
    OptionHandlerRow{"verify-hash", set_verify_hash},
    OptionHandlerRow{"crl-verify", set_crl_verify},
    OptionHandlerRow{"peer-fingerprint", add_peer_fingerprint},
    OptionHandlerRow{"remote-cert-tls", set_remote_cert_tls},
    OptionHandlerRow{"ns-cert-type", set_ns_cert_type},
    OptionHandlerRow{"remote-cert-ku", set_remote_cert_ku},
    OptionHandlerRow{"remote-cert-eku", set_remote_cert_eku},
    OptionHandlerRow{"verify-x509-name", set_verify_x509_name},
};

}  // namespace

std::span<const OptionHandlerRow> trust_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
