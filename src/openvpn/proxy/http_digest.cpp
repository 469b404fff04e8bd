#include "openvpn/proxy/http_digest.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "base/hex.h"
#include "crypto/digest.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kCnonceSize = 16;
constexpr std::string_view kFirstUse = "00000001";

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// What can stand between quotes again as it is.
bool is_plain(std::string_view value) {
  return std::ranges::all_of(
      value, [](char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; });
}

// name=value and name="value", with commas between them.
std::optional<std::map<std::string, std::string>> parameters_of(std::string_view rest) {
  std::map<std::string, std::string> parameters;
  while (true) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" ,\t"), rest.size()));
    if (rest.empty()) return parameters;
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name = lower(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    const bool quoted = rest.starts_with('"');
    if (quoted) rest.remove_prefix(1);
    const std::size_t end = quoted ? rest.find('"') : rest.find_first_of(" ,\t");
    if (quoted && end == std::string_view::npos) return std::nullopt;
    const std::string_view value = rest.substr(0, end);
    if (!is_plain(value)) return std::nullopt;
    parameters[name] = value;
    rest.remove_prefix(std::min(value.size() + (quoted ? 1 : 0), rest.size()));
  }
}

bool lists_auth(std::string_view qop) {
  while (!qop.empty()) {
    const std::size_t comma = qop.find(',');
    std::string_view word = qop.substr(0, comma);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    if (lower(word) == "auth") return true;
    qop.remove_prefix(comma == std::string_view::npos ? qop.size() : comma + 1);
  }
  return false;
}

// The parts with ':' between them, hashed, in hexadecimal.
base::SecretBytes hash_of(crypto::Digest digest, std::initializer_list<std::string_view> parts) {
  std::vector<std::uint8_t> text;
  for (bool first = true; const std::string_view part : parts) {
    if (!std::exchange(first, false)) text.push_back(':');
    text.insert(text.end(), part.begin(), part.end());
  }
  const base::SecretBytes owned(std::move(text));
  return base::SecretBytes(
      std::string_view(base::hex_encode(crypto::hash(digest, owned.reveal()))));
}

}  // namespace

std::optional<base::SecretBytes> answer_digest(std::string_view challenge,
                                               const ProxyOptions& options, std::string_view uri,
                                               base::Rng& rng) {
  auto parameters = parameters_of(challenge);
  if (!parameters || !parameters->contains("realm") || !parameters->contains("nonce"))
    return std::nullopt;
  const std::string algorithm = lower((*parameters)["algorithm"]);
  const bool sha256 = algorithm == "sha-256";
  if (!sha256 && !algorithm.empty() && algorithm != "md5") return std::nullopt;
  const bool with_qop = parameters->contains("qop");
  if (with_qop && !lists_auth((*parameters)["qop"])) return std::nullopt;
  if (!is_plain(options.username.reveal_text())) return std::nullopt;

  const auto known = sha256 ? crypto::Digest::sha256() : crypto::Digest::md5();
  if (!known) return std::nullopt;
  const crypto::Digest digest = *known;
  const std::string& realm = (*parameters)["realm"];
  const std::string& nonce = (*parameters)["nonce"];
  const std::string cnonce = base::hex_encode(base::random_bytes<kCnonceSize>(rng));
  const auto one =
      hash_of(digest, {options.username.reveal_text(), realm, options.password.reveal_text()});
  const auto two = hash_of(digest, {"CONNECT", uri});
  const auto response = with_qop ? hash_of(digest, {one.reveal_text(), nonce, kFirstUse, cnonce,
                                                    "auth", two.reveal_text()})
                                 : hash_of(digest, {one.reveal_text(), nonce, two.reveal_text()});
  std::string value = "Digest username=\"" + std::string(options.username.reveal_text()) +
                      "\", realm=\"" + realm + "\", nonce=\"" + nonce + "\", uri=\"" +
                      std::string(uri) + "\", response=\"" + std::string(response.reveal_text()) +
                      "\"";
  if (!algorithm.empty()) value += ", algorithm=" + (*parameters)["algorithm"];
  if (with_qop) value += ", qop=auth, nc=" + std::string(kFirstUse) + ", cnonce=\"" + cnonce + "\"";
  if (parameters->contains("opaque")) value += ", opaque=\"" + (*parameters)["opaque"] + "\"";
  return base::SecretBytes(std::string_view(value));
}

}  // namespace sallyport::openvpn
