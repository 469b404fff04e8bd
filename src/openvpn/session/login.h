// What the client logs in with, and what a person has to be asked for it (docs/protocol.md,
// "Questions"). A token of the server goes before everything else; then comes what the caller gave,
// what the profile has, and what the user typed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "openvpn/profile/profile.h"
#include "openvpn/session/question.h"

namespace sallyport::openvpn {

class Login {
 public:
  // `given`, when there is one, replaces what the profiles bring.
  explicit Login(std::optional<Credentials> given) : given_(std::move(given)) {}

  // A person has to answer before the next attempt.
  bool would_ask(const LoginOptions& options) const;
  // The same, and sets question(), which names `profile`.
  bool ask_before_attempt(const LoginOptions& options, std::string_view profile);
  // What an attempt logs in with; nullopt where the profile wants no login. To be called after
  // ask_before_attempt() returned false.
  std::optional<Credentials> use(const LoginOptions& options);

  const std::optional<Question>& question() const { return question_; }
  // The server's question, or for the key's passphrase. What was asked before, and its answer, are
  // forgotten.
  void ask(Question question);
  // Where the user is to log in with a browser; empty: nowhere.
  const std::string& page() const { return page_; }
  void show_page(std::string url) { page_ = std::move(url); }

  enum class Answered {
    kNothing,     // nothing was asked
    kAttempt,     // the next attempt has what it waited for
    kAskNext,     // something else has to be asked
    kForSession,  // the session's server waits for the text
    kForKey,      // it is the passphrase of the profile's key
  };
  // An answer is used once, but what was typed for auth-user-pass serves until it is refused.
  Answered answer(const LoginOptions& options, std::string_view profile,
                  const base::SecretBytes& text);
  // There is an answer for the next attempt.
  bool waits_to_be_used() const { return answer_.has_value(); }
  // What was asked and answered for one attempt only; not what was typed for auth-user-pass.
  void forget_answer();

  // `username` replaces the name where the server gave one.
  void take_token(const LoginOptions& options, base::SecretBytes token,
                  std::optional<base::SecretBytes> username);
  // False when there was none.
  bool drop_token();

  // Whether what was used last came from a person.
  bool was_typed(const LoginOptions& options) const;
  // The server refused it, or it is another server's: it is forgotten, so that it is asked for
  // again.
  void forget_typed();
  // Each rekey logs in again, and an answer serves once: without a token it will be refused.
  bool is_spent_at_rekey(const LoginOptions& options) const {
    return !token_ && (used_answer_ || options.static_challenge);
  }
  // A new login needs nobody: it can be made at any time.
  bool needs_nobody(const LoginOptions& options) const;

 private:
  // Null when the user has to type it.
  const Credentials* known(const LoginOptions& options) const;
  const base::SecretBytes* username(const LoginOptions& options) const;
  bool answers_server() const {
    return answer_ && question_ && question_->kind == Question::Kind::kDynamic;
  }
  Credentials challenge_response(const LoginOptions& options) const;

  std::optional<Credentials> given_;
  // With the name that goes with it; good for the profile that it came to.
  std::optional<Credentials> token_;
  std::optional<base::SecretBytes> typed_username_, typed_password_;
  std::optional<Question> question_;
  std::optional<base::SecretBytes> answer_;
  bool used_answer_ = false;
  std::string page_;
};

}  // namespace sallyport::openvpn
