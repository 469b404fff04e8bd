#include "openvpn/profile/profile_inline.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/byte_writer.h"
#include "base/take_line.h"
#include "openvpn/profile/config_lexer.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

// Options that name a file, and whose block has the file's content.
constexpr std::array<std::string_view, 12> kTakeFiles = {
    "ca",      "cert",     "key",       "extra-certs",  "pkcs12",         "crl-verify",
    "askpass", "tls-auth", "tls-crypt", "tls-crypt-v2", "auth-user-pass", "http-proxy-user-pass"};

// In lines of 64, as openssl writes it.
base::SecretBytes as_base64(base::Bytes content) {
  constexpr std::size_t kLineLength = 64;
  const base::SecretBytes encoded = encode_base64(content);
  std::string_view rest = encoded.reveal_text();
  base::ByteWriter out(2 * rest.size());
  while (!rest.empty()) {
    out.bytes(base::bytes_of(rest.substr(0, kLineLength)));
    out.u8('\n');
    rest.remove_prefix(std::min(rest.size(), kLineLength));
  }
  return base::SecretBytes(out.take());
}

// What would not come out of the block as it went in.
bool fits_into_block(std::string_view content, std::string_view option) {
  const std::string closing = "</" + std::string(option);
  if (content.contains('\0')) return false;
  while (!content.empty()) {
    if (without_leading_blanks(base::take_line(content)).starts_with(closing)) return false;
  }
  return true;
}

class Inliner {
 public:
  Inliner(base::Bytes file, const ProfileReport& report, ProfileFiles& files)
      : rest_(base::text_of(file)),
        left_(kMaxProfileSize - std::min(kMaxProfileSize, file.size())),
        report_(report),
        files_(files),
        lexed_(lex_config(file)) {}

  InlinedProfile run() {
    for (const Directive& directive : lexed_.directives) {
      if (!is_honoured(directive)) continue;
      if (auto content = content_of(directive)) put_block(directive, *content);
    }
    while (!rest_.empty()) copy_line();
    return {base::SecretBytes(out_.take()), count_};
  }

 private:
  bool is_honoured(const Directive& directive) const {
    const auto line = std::ranges::find(report_.directives, directive.line, &DirectiveReport::line);
    return line != report_.directives.end() && line->ruling.verdict == Verdict::kHonoured;
  }

  std::optional<base::SecretBytes> content_of(const Directive& directive) {
    const ConfigWords& words = directive.words;
    if (directive.block || words.size() < 2 || words[1] == "[inline]" || words[1] == "stdin" ||
        std::ranges::find(kTakeFiles, words.name()) == kTakeFiles.end())
      return std::nullopt;
    auto content = read_beside(files_, words[1]);
    if (!content) return std::nullopt;
    if (words.name() == "pkcs12") content = as_base64(content->reveal());
    const std::size_t room = content->size() + 2 * words.name().size() + kAround;
    if (room > left_ || !fits_into_block(content->reveal_text(), words.name())) return std::nullopt;
    left_ -= room;
    return std::move(*content);
  }

  void put_block(const Directive& directive, const base::SecretBytes& content) {
    const ConfigWords& words = directive.words;
    while (number_ + 1 < directive.line) copy_line();
    base::take_line(rest_);
    ++number_;
    const std::string name(words.name());
    write("<" + name + ">\n");
    write(content.reveal_text());
    if (!content.reveal_text().ends_with('\n')) write("\n");
    write("</" + name + ">\n");
    if (name == "tls-auth" && words.size() > 2)
      write("key-direction " + std::string(words[2]) + "\n");
    ++count_;
  }

  void copy_line() {
    write(base::take_line(rest_));
    write("\n");
    ++number_;
  }

  void write(std::string_view text) { out_.bytes(base::bytes_of(text)); }

  // Brackets, line ends, and a line for the direction.
  static constexpr std::size_t kAround = 32;

  std::string_view rest_;
  std::size_t left_;
  const ProfileReport& report_;
  ProfileFiles& files_;
  LexedConfig lexed_;
  // Secrets are written to it, so it never moves.
  base::ByteWriter out_{2 * kMaxProfileSize};
  unsigned number_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

InlinedProfile inline_files(base::Bytes file, const ProfileReport& report, ProfileFiles& files) {
  return Inliner(file, report, files).run();
}

}  // namespace sallyport::openvpn
