// auth-user-pass, auth-token, auth-retry: how we log in. The user name and the password never leave
// wiped memory.
#include <array>

#include "base/take_line.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

// What --auth of `sallyport run` is for.
constexpr std::string_view kGiveAuth =
    "give user name and password with --auth, or type them: 'sallyport ctl answer'";

// The first line is the user name, the second the password; verbatim, blanks included.
void read_credentials(std::string_view text, LoginOptions& login) {
  const std::string_view username = base::take_line(text);
  const std::string_view password = base::take_line(text);
  if (username.empty()) return;
  if (password.empty()) {
    login.username = base::SecretBytes(username);
  } else {
    login.credentials = Credentials{base::SecretBytes(username), base::SecretBytes(password)};
  }
}

Ruling set_auth_user_pass(Directive& directive, ProfileDraft& draft) {
  LoginOptions& login = draft.profile.login;
  login.wanted = true;
  const std::string_view file = directive.words.word_or(1, "");
  if (!directive.block && (file.empty() || file == "stdin"))
    return honoured(std::string(kGiveAuth));
  const auto content = content_of(directive, draft);
  if (!content) return honoured(content.error() + "; or " + std::string(kGiveAuth));
  read_credentials(content->reveal_text(), login);
  if (login.username) return honoured("it has no password: you are asked for it");
  if (!login.credentials)
    return honoured("it does not have them on two lines; " + std::string(kGiveAuth));
  return honoured();
}

// A token in the file, and who it is for, are a first login: IPFire's server answers it with a
// question. The name is base64, as in a pushed one (2.6.14, tried: the server sees it decoded).
Ruling set_auth_token(Directive& directive, ProfileDraft& draft) {
  draft.token_login.password = base::SecretBytes(directive.words[1]);
  return honoured();
}

Ruling set_auth_token_user(Directive& directive, ProfileDraft& draft) {
  auto name = decode_base64(directive.words[1]);
  if (!name || name->empty()) return ignored("it is not base64, so there is no name in it");
  draft.token_login.username = std::move(*name);
  return honoured();
}

Ruling set_auth_retry(Directive& directive, ProfileDraft& draft) {
  const std::string_view name = directive.words[1];
  if (name == "none") {
    draft.profile.login.retry = AuthRetry::kNone;
  } else if (name == "nointeract") {
    draft.profile.login.retry = AuthRetry::kNoInteract;
  } else if (name == "interact") {
    draft.profile.login.retry = AuthRetry::kInteract;
  } else {
    return refused(quoted(name) + " is none of none, nointeract and interact");
  }
  return honoured();
}

// static-challenge TEXT ECHO [scrv1|concat]; the third since OpenVPN 2.7
Ruling set_static_challenge(Directive& directive, ProfileDraft& draft) {
  const std::string_view echo = directive.words[2];
  if (echo != "0" && echo != "1") return refused(quoted(echo) + " is neither 0 nor 1");
  const std::string_view form = directive.words.word_or(3, "scrv1");
  if (form != "scrv1" && form != "concat")
    return refused(quoted(form) + " is neither scrv1 nor concat");
  draft.profile.login.static_challenge =
      LoginOptions::StaticChallenge{legible(directive.words[1]), echo == "1", form == "concat"};
  return honoured("answer it with 'sallyport ctl answer'");
}

constexpr std::array kRows = {
    OptionHandlerRow{"auth-user-pass", set_auth_user_pass},
    OptionHandlerRow{"auth-token", set_auth_token},
    OptionHandlerRow{"auth-token-user", set_auth_token_user},
    OptionHandlerRow{"auth-retry", set_auth_retry},
    OptionHandlerRow{"static-challenge", set_static_challenge},
};

}  // namespace

std::span<const OptionHandlerRow> login_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
