#include "openvpn/proxy/http_connect.h"

#include <algorithm>
#include <cctype>

#include "base/byte_writer.h"
#include "openvpn/profile/printable.h"
#include "openvpn/proxy/http_digest.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kMaxRequest = 16 * 1024;
constexpr std::size_t kMaxReason = 80;

bool starts_with_word(std::string_view text, std::string_view word) {
  return text.size() >= word.size() &&
         std::ranges::equal(
             text.substr(0, word.size()), word,
             [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

// The next line of a head, without its end; takes it.
std::string_view take_line(std::string_view& head) {
  const std::size_t end = head.find('\n');
  std::string_view line = head.substr(0, end);
  head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

std::string authority_of(const ProxyTarget& target) {
  const bool v6 = target.host.contains(':');
  return (v6 ? "[" + target.host + "]" : target.host) + ":" + std::to_string(target.port);
}

base::SecretBytes basic(const ProxyOptions& options) {
  base::ByteWriter login(options.username.size() + options.password.size() + 1);
  login.bytes(options.username.reveal());
  login.u8(':');
  login.bytes(options.password.reveal());
  const base::SecretBytes text(login.take());
  const base::SecretBytes encoded = encode_base64(text.reveal());
  base::ByteWriter value(6 + encoded.size());
  value.bytes(base::bytes_of("Basic "));
  value.bytes(encoded.reveal());
  return base::SecretBytes(value.take());
}

}  // namespace

HttpConnect::HttpConnect(std::shared_ptr<const ProxyOptions> options, const ProxyTarget& target,
                         base::Rng& rng)
    : options_(std::move(options)), rng_(&rng), authority_(authority_of(target)) {
  if (options_->login == ProxyLogin::kBasic && !options_->username.empty())
    authorization_ = basic(*options_);
}

void HttpConnect::begin() {
  head_.clear();
  base::ByteWriter request(kMaxRequest);
  const auto add = [&](std::string_view text) { request.bytes(base::bytes_of(text)); };
  add("CONNECT " + authority_ + " HTTP/" + options_->http_version + "\r\n");
  add("Host: " + authority_ + "\r\n");
  if (!authorization_.empty()) {
    add("Proxy-Authorization: ");
    request.bytes(authorization_.reveal());
    add("\r\n");
  }
  for (const std::string& header : options_->headers) add(header + "\r\n");
  add("\r\n");
  output_ = base::SecretBytes(request.take());
}

ProxyProgress HttpConnect::receive(base::Bytes& input) {
  while (!input.empty()) {
    head_ += static_cast<char>(input.front());
    input = input.subspan(1);
    if (head_.ends_with("\r\n\r\n") || head_.ends_with("\n\n")) return judge(head_);
    if (head_.size() == kMaxHead) return proxy_failed("the proxy's answer has no end");
  }
  return {};
}

ProxyProgress HttpConnect::judge(std::string_view head) {
  const std::string_view status = take_line(head);
  const std::size_t space = status.find(' ');
  if (!status.starts_with("HTTP/1.") || space == std::string_view::npos)
    return proxy_failed("the proxy's answer is not HTTP");
  const std::string_view code = trimmed(status.substr(space)).substr(0, 3);
  if (code == "200") return {ProxyProgress::Kind::kDone};
  if (code == "407") return log_in(head);
  return proxy_failed("the proxy refuses to connect: " +
                      printable(trimmed(status.substr(space)), kMaxReason));
}

ProxyProgress HttpConnect::log_in(std::string_view head) {
  if (options_->username.empty()) return proxy_failed("the proxy wants a user name and password");
  if (asked_) return proxy_failed("the proxy refuses the user name and password");
  asked_ = true;
  bool offers_basic = false;
  while (!head.empty()) {
    std::string_view line = take_line(head);
    constexpr std::string_view kHeader = "Proxy-Authenticate:";
    if (!starts_with_word(line, kHeader)) continue;
    line = trimmed(line.substr(kHeader.size()));
    if (starts_with_word(line, "Basic")) offers_basic = true;
    if (!starts_with_word(line, "Digest ")) continue;
    if (auto answer = answer_digest(line.substr(7), *options_, authority_, *rng_)) {
      authorization_ = std::move(*answer);
      return {ProxyProgress::Kind::kAgain};
    }
  }
  // A password in clear that was refused already is not tried again.
  if (!offers_basic || options_->login != ProxyLogin::kWhenAsked)
    return proxy_failed("the proxy wants a login of a kind that is not allowed or not known here");
  authorization_ = basic(*options_);
  return {ProxyProgress::Kind::kAgain};
}

}  // namespace sallyport::openvpn
