#include "openvpn/session/login.h"

#include <utility>

#include "base/byte_writer.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

// What stands around the parts: "SCRV1:" and ":", or "CRV1::" and "::". With it a writer has room
// for all, and leaves no copy of a secret behind where it would have grown.
constexpr std::size_t kMarks = 8;

base::SecretBytes concatenated(const base::SecretBytes& password, const base::SecretBytes& answer) {
  base::ByteWriter out(password.size() + answer.size());
  out.bytes(password.reveal());
  out.bytes(answer.reveal());
  return base::SecretBytes(out.take());
}

// static-challenge: password and answer, both where the password goes.
base::SecretBytes with_answer(const base::SecretBytes& password, const base::SecretBytes& answer,
                              const std::optional<LoginOptions::StaticChallenge>& challenge) {
  if (challenge && challenge->concatenated) return concatenated(password, answer);
  const base::SecretBytes encoded_password = encode_base64(password.reveal());
  const base::SecretBytes encoded_answer = encode_base64(answer.reveal());
  base::ByteWriter out(kMarks + encoded_password.size() + encoded_answer.size());
  for (const std::string_view part : {std::string_view("SCRV1:"), encoded_password.reveal_text(),
                                      std::string_view(":"), encoded_answer.reveal_text()})
    out.bytes(base::bytes_of(part));
  return base::SecretBytes(out.take());
}

}  // namespace

const Credentials* Login::known(const LoginOptions& options) const {
  if (given_) return &*given_;
  return options.credentials ? &*options.credentials : nullptr;
}

const base::SecretBytes* Login::username(const LoginOptions& options) const {
  if (options.username) return &*options.username;
  return typed_username_ ? &*typed_username_ : nullptr;
}

bool Login::would_ask(const LoginOptions& options) const {
  if (token_ || !options.wanted || answers_server()) return false;
  const bool complete =
      known(options) != nullptr || (username(options) != nullptr && typed_password_);
  return !complete || (options.static_challenge && !answer_);
}

bool Login::ask_before_attempt(const LoginOptions& options, std::string_view profile) {
  if (!would_ask(options)) return false;
  const auto text = [&](std::string_view what) {
    return std::string(what) + " for " + printable(profile);
  };
  if (known(options) == nullptr && username(options) == nullptr) {
    question_ = Question{Question::Kind::kUsername, text("User name"), true, {}, {}};
  } else if (known(options) == nullptr && !typed_password_) {
    question_ = Question{Question::Kind::kPassword, text("Password"), false, {}, {}};
  } else {
    const auto& challenge = *options.static_challenge;
    question_ = Question{Question::Kind::kStatic, challenge.question, challenge.echo, {}, {}};
  }
  return true;
}

std::optional<Credentials> Login::use(const LoginOptions& options) {
  used_answer_ = answer_ && !token_;
  if (token_) return token_->clone();
  if (answers_server()) return challenge_response(options);
  if (!options.wanted) return std::nullopt;
  const Credentials* const whole = known(options);
  if (whole == nullptr && (username(options) == nullptr || !typed_password_)) return std::nullopt;
  const base::SecretBytes& name = whole != nullptr ? whole->username : *username(options);
  const base::SecretBytes& password = whole != nullptr ? whole->password : *typed_password_;
  return Credentials{name.clone(), answer_
                                       ? with_answer(password, *answer_, options.static_challenge)
                                       : password.clone()};
}

// CRV1: the answer stands in place of the password, behind what the server wants to see again.
Credentials Login::challenge_response(const LoginOptions& options) const {
  base::ByteWriter password(kMarks + question_->state.size() + answer_->size());
  for (const std::string_view part : {std::string_view("CRV1::"), question_->state.reveal_text(),
                                      std::string_view("::"), answer_->reveal_text()})
    password.bytes(base::bytes_of(part));
  const Credentials* const whole = known(options);
  const base::SecretBytes* const name = !question_->username.empty() ? &question_->username
                                        : whole != nullptr           ? &whole->username
                                                                     : username(options);
  return {name != nullptr ? name->clone() : base::SecretBytes(),
          base::SecretBytes(password.take())};
}

void Login::ask(Question question) {
  forget_answer();
  // The question stands for the refusal of what was sent.
  if (question.kind == Question::Kind::kDynamic && token_) {
    if (!typed_username_) typed_username_ = std::move(token_->username);
    token_.reset();
  }
  question_ = std::move(question);
}

Login::Answered Login::answer(const LoginOptions& options, std::string_view profile,
                              const base::SecretBytes& text) {
  if (!question_) return Answered::kNothing;
  switch (question_->kind) {
    case Question::Kind::kPassphrase:
      question_.reset();
      return Answered::kForKey;
    case Question::Kind::kText:
      question_.reset();
      return Answered::kForSession;
    case Question::Kind::kUsername:
      if (!text.empty()) typed_username_ = text.clone();
      break;
    case Question::Kind::kPassword:
      if (!text.empty()) typed_password_ = text.clone();
      break;
    case Question::Kind::kStatic:
    case Question::Kind::kDynamic:
      answer_ = text.clone();
      return Answered::kAttempt;
  }
  question_.reset();
  return ask_before_attempt(options, profile) ? Answered::kAskNext : Answered::kAttempt;
}

void Login::forget_answer() {
  question_.reset();
  answer_.reset();
  page_.clear();
}

void Login::take_token(const LoginOptions& options, base::SecretBytes token,
                       std::optional<base::SecretBytes> username) {
  if (!username && token_) username = std::move(token_->username);
  if (!username) {
    if (auto login = use(options)) username = std::move(login->username);
  }
  token_ = Credentials{username ? std::move(*username) : base::SecretBytes(), std::move(token)};
}

bool Login::drop_token() {
  return std::exchange(token_, std::nullopt).has_value();
}

bool Login::was_typed(const LoginOptions& options) const {
  return used_answer_ || options.static_challenge || (options.wanted && known(options) == nullptr);
}

void Login::forget_typed() {
  forget_answer();
  used_answer_ = false;
  typed_username_.reset();
  typed_password_.reset();
}

bool Login::needs_nobody(const LoginOptions& options) const {
  if (token_) return true;
  if (!options.wanted) return !question_ && page_.empty();
  return known(options) != nullptr && !options.static_challenge && !question_ && page_.empty();
}

}  // namespace sallyport::openvpn
