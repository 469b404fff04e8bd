// http-proxy, socks-proxy and what goes with them: the way to the servers, where a profile says
// that it leads through a proxy. The proxy is then all that we connect to.
#include <algorithm>
#include <array>

#include "base/parse_number.h"
#include "base/take_line.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"
#include "openvpn/profile/remote_host.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint16_t kSocksPort = 1080;
constexpr std::size_t kMaxHeaders = 16;

// A line of user name and one of password.
bool read_login(std::string_view text, base::SecretBytes& username, base::SecretBytes& password) {
  username = base::SecretBytes(base::take_line(text));
  password = base::SecretBytes(base::take_line(text));
  return !username.empty();
}

// Name, port and the file with a login, which both kinds begin with.
Ruling set_proxy(Directive& directive, ProfileDraft& draft, ProxyKind kind) {
  const ConfigWords& words = directive.words;
  ProxyDraft proxy;
  proxy.line = directive.line;
  proxy.options.kind = kind;
  proxy.options.host = words[1];
  if (const auto objection = objection_to_remote_host(words[1])) return refused(*objection);
  proxy.options.port = kSocksPort;
  if (words.size() > 2) {
    const auto port = base::parse_number<std::uint16_t>(words[2], 1);
    if (!port) return refused(quoted(words[2]) + " is not a port number");
    proxy.options.port = *port;
  } else if (kind == ProxyKind::kHttp) {
    return refused("the proxy's port is missing");
  }
  const std::string_view login = words.word_or(3, "");
  if (login == "auto-nct") proxy.options.login = ProxyLogin::kNotClear;
  if (login == "auto" || login == "auto-nct") {
    proxy.login_from = ProxyDraft::LoginFrom::kElsewhere;
  } else if (login == "stdin") {
    proxy.login_from = ProxyDraft::LoginFrom::kTerminal;
  } else if (!login.empty()) {
    const auto content = read_beside(draft.files, login);
    if (!content) return refused(content.error());
    if (!read_login(content->reveal_text(), proxy.options.username, proxy.options.password))
      return refused("there is no user name in " + quoted(login));
  }
  const std::string_view method = words.word_or(4, "");
  if (method == "basic") {
    proxy.options.login = ProxyLogin::kBasic;
  } else if (method == "ntlm" || method == "ntlm2") {
    return refused("NTLM is not spoken; leave the word out, and basic or digest is used");
  } else if (!method.empty() && method != "none") {
    return refused(quoted(method) + " is no way to log in");
  }
  draft.scope_of(directive).proxy = draft.proxies.size();
  draft.proxies.push_back(std::move(proxy));
  return honoured("only the proxy is connected to");
}

Ruling set_http_proxy(Directive& directive, ProfileDraft& draft) {
  return set_proxy(directive, draft, ProxyKind::kHttp);
}

Ruling set_socks_proxy(Directive& directive, ProfileDraft& draft) {
  return set_proxy(directive, draft, ProxyKind::kSocks5);
}

// For a proxy that says 'auto', or no file.
Ruling set_http_proxy_user_pass(Directive& directive, ProfileDraft& draft) {
  const auto content = content_of(directive, draft);
  if (!content) return refused(content.error());
  if (!read_login(content->reveal_text(), draft.proxy_username, draft.proxy_password))
    return refused("there is no user name in it");
  return honoured();
}

bool is_header_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// http-proxy-option VERSION V | AGENT TEXT | CUSTOM-HEADER NAME [TEXT]
Ruling add_http_proxy_option(Directive& directive, ProfileDraft& draft) {
  const ConfigWords& words = directive.words;
  const std::string_view kind = words[1], value = words.word_or(2, "");
  if (!is_header_text(value) || !is_header_text(words.word_or(3, "")))
    return refused("a header is printable ASCII");
  if (kind == "VERSION") {
    if (value != "1.0" && value != "1.1") return refused(quoted(value) + " is neither 1.0 nor 1.1");
    draft.proxy_http_version = value;
    return honoured();
  }
  if (draft.proxy_headers.size() == kMaxHeaders)
    return refused("there are more than " + std::to_string(kMaxHeaders) + " headers");
  if (kind == "AGENT" && !value.empty()) {
    draft.proxy_headers.push_back("User-Agent: " + std::string(value));
    return honoured();
  }
  if (kind == "CUSTOM-HEADER" && !value.empty()) {
    const bool split = words.size() > 3;
    if (!split && !value.contains(':')) return refused("a header has a name and a text");
    draft.proxy_headers.push_back(split ? std::string(value) + ": " + std::string(words[3])
                                        : std::string(value));
    return honoured();
  }
  return refused(quoted(kind) + " is none of VERSION, AGENT and CUSTOM-HEADER with its value");
}

constexpr std::array kRows = {
    OptionHandlerRow{"http-proxy", set_http_proxy},
    OptionHandlerRow{"http-proxy-option", add_http_proxy_option},
    OptionHandlerRow{"http-proxy-user-pass", set_http_proxy_user_pass},
    OptionHandlerRow{"socks-proxy", set_socks_proxy},
};

}  // namespace

std::span<const OptionHandlerRow> proxy_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
