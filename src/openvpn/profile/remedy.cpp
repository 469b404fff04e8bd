#include "openvpn/profile/remedy.h"

#include <algorithm>
#include <array>

#include "openvpn/profile/option_table.h"
#include "openvpn/profile/printable.h"
#include "openvpn/profile/typography.h"

namespace sallyport::openvpn {
namespace {

// Lines that say where to, whom to trust, or who we are: without them it is another profile.
constexpr std::array kEssential = {
    std::string_view("remote"),
    std::string_view("connection"),
    std::string_view("proto"),
    std::string_view("proto-force"),
    std::string_view("port"),
    std::string_view("rport"),
    std::string_view("lport"),
    std::string_view("dev"),
    std::string_view("dev-type"),
    std::string_view("mode"),
    std::string_view("config"),
    std::string_view("scramble"),
    std::string_view("fragment"),
    std::string_view("ca"),
    std::string_view("capath"),
    std::string_view("cert"),
    std::string_view("key"),
    std::string_view("pkcs12"),
    std::string_view("askpass"),
    std::string_view("extra-certs"),
    std::string_view("cryptoapicert"),
    std::string_view("secret"),
    std::string_view("allow-deprecated-insecure-static-crypto"),
    std::string_view("tls-auth"),
    std::string_view("tls-crypt"),
    std::string_view("tls-crypt-v2"),
    std::string_view("key-direction"),
    std::string_view("auth"),
    std::string_view("crl-verify"),
    std::string_view("peer-fingerprint"),
    std::string_view("verify-hash"),
    std::string_view("verify-x509-name"),
    std::string_view("tls-remote"),
    std::string_view("tls-verify"),
    std::string_view("remote-cert-tls"),
    std::string_view("remote-cert-ku"),
    std::string_view("remote-cert-eku"),
    std::string_view("ns-cert-type"),
    std::string_view("tls-cert-profile"),
    std::string_view("tls-version-min"),
    std::string_view("http-proxy"),
    std::string_view("http-proxy-user-pass"),
    std::string_view("socks-proxy"),
    std::string_view("auth-user-pass"),
    std::string_view("static-challenge"),
    std::string_view("auth-federate"),
    std::string_view("pull-filter"),
    std::string_view("setenv"),
};

bool is_essential(std::string_view name) {
  return std::ranges::find(kEssential, name) != kEssential.end() || name.starts_with("pkcs11-") ||
         name.starts_with("management-external-") || name.starts_with("-----");
}

// tls-remote compared the whole subject, written with slashes, or the common name.
std::string verify_name_line(std::string_view name) {
  const bool subject = name.starts_with('/');
  std::string value;
  for (const char c : subject ? name.substr(1) : name)
    value += subject && c == '/' ? std::string(", ") : std::string(1, c);
  return "verify-x509-name \"" + value + "\" " + (subject ? "subject" : "name");
}

// What has a quote or backslash in it would need another rule of quoting.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

// How a sentence begins that says what to do.
constexpr std::array<std::string_view, 12> kImperatives = {"add ",  "ask ",   "convert ", "delete ",
                                                           "get ",  "leave ", "put ",     "save ",
                                                           "take ", "use ",   "write ",   "print "};

// What a line says stands between quotes, and is no advice of ours.
bool is_advice(std::string_view text) {
  if (std::ranges::count(text, '\'') % 2 != 0) return false;
  return std::ranges::any_of(kImperatives,
                             [&](std::string_view verb) { return text.starts_with(verb); });
}

// Most reasons of the tables end in what to do.
std::string text_in(std::string_view reason) {
  for (std::size_t at = reason.find("; "); at != std::string_view::npos;
       at = reason.find("; ", at + 1)) {
    if (is_advice(reason.substr(at + 2))) return std::string(reason.substr(at + 2));
  }
  for (const std::string_view word : {": write ", ": use "}) {
    if (const std::size_t at = reason.rfind(word); at != std::string_view::npos)
      return std::string(reason.substr(at + 2));
  }
  if (reason.starts_with("put ")) {
    return std::string(reason.substr(0, reason.rfind(" (")));
  }
  return {};
}

// The same line with plain dashes, as far as it can be written again.
Remedy with_plain_dashes(std::string_view plain, const ConfigWords& words) {
  std::string line(plain);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (!is_plain(words[i])) return {Remedy::Fix::kNone, "write the line with plain dashes"};
    line += words[i].find_first_of(" #;'") == std::string_view::npos && !words[i].empty()
                ? " " + std::string(words[i])
                : " \"" + std::string(words[i]) + "\"";
  }
  return {Remedy::Fix::kReplace, "write two plain ones, or none", std::move(line)};
}

}  // namespace

Remedy remedy_for(std::string_view option, const Ruling& ruling, const ConfigWords* words) {
  if (words != nullptr && words->size() > 0) {
    const std::string_view plain = without_typographic_dashes(words->name());
    if (plain.size() != words->name().size() && find_option(plain) != nullptr)
      return with_plain_dashes(plain, *words);
  }
  if (option.starts_with("setenv opt ")) option.remove_prefix(11);
  if (option == "tls-remote" && words != nullptr && words->size() > 1 && is_plain((*words)[1])) {
    std::string line = verify_name_line((*words)[1]);
    return {Remedy::Fix::kReplace, "write '" + line + "' instead", std::move(line)};
  }
  Remedy remedy;
  remedy.text = text_in(ruling.reason);
  if (!is_essential(option)) {
    remedy.fix = Remedy::Fix::kDelete;
    if (remedy.text.empty()) remedy.text = "delete the line";
  } else if (remedy.text.empty()) {
    remedy.text = find_option(option) == nullptr
                      ? "check the spelling, or ask the provider for a newer profile"
                      : "correct the line; the manual of OpenVPN 2.6 says what it takes";
  }
  return remedy;
}

}  // namespace sallyport::openvpn
