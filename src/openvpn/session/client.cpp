#include "openvpn/session/client.h"

#include <algorithm>

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/hex.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// A resolver that does not answer at all must not hold us for ever.
constexpr base::Duration kResolveTimeout = seconds(30);
// Servers that refuse a login are asked again, since many refusals are passing ones (too many
// sessions, a database that is down), but ever more rarely, so that no account gets locked.
constexpr base::Duration kFirstRefusalPause = seconds(60);
constexpr base::Duration kLongestRefusalPause = seconds(3600);
// What a server may ask for with AUTH_FAILED,TEMP[backoff N].
constexpr base::Duration kLongestBackoff = seconds(600);
constexpr base::Duration kFarewellTimeout = seconds(1);
// As OpenVPN: remote-random-hostname.
constexpr std::size_t kRandomLabelSize = 6;

RemotePlan::Step step_for(Advance advance, RemotePlan::Step otherwise) {
  switch (advance) {
    case Advance::kUnsaid:
      return otherwise;
    case Advance::kSameAddress:
      return RemotePlan::Step::kStay;
    case Advance::kNextAddress:
      return RemotePlan::Step::kNextAddress;
    case Advance::kNextRemote:
      return RemotePlan::Step::kNextRemote;
  }
  CHECK(false);
}

// The answer goes where the password goes (docs/protocol.md, "Questions").
Credentials with_answer(const Credentials& login, const Question& question,
                        const base::SecretBytes& answer) {
  const bool dynamic = question.kind == Question::Kind::kDynamic;
  const base::SecretBytes encoded_password = encode_base64(login.password.reveal());
  const base::SecretBytes encoded_answer = encode_base64(answer.reveal());
  base::ByteWriter password(answer.size() + login.password.size() + question.state.size());
  const auto add = [&](std::string_view text) { password.bytes(base::bytes_of(text)); };
  if (dynamic) {
    add("CRV1::");
    add(question.state.reveal_text());
    add("::");
    add(answer.reveal_text());
  } else {
    add("SCRV1:");
    add(encoded_password.reveal_text());
    add(":");
    add(encoded_answer.reveal_text());
  }
  const bool renamed = dynamic && !question.username.empty();
  return {renamed ? question.username.clone() : login.username.clone(),
          base::SecretBytes(password.take())};
}

}  // namespace

Client::Client(std::vector<ClientProfile> profiles, std::optional<Credentials> login,
               base::Rng& rng)
    : profiles_(std::move(profiles)),
      given_login_(std::move(login)),
      rng_(rng),
      plan_(current().profile, rng) {}

void Client::reconnect(base::Now now, const std::string& why) {
  const bool was_up = phase_ == Phase::kConnected;
  if (session_) end_session(now);
  if (was_up) outputs_.push_back(TunnelDown{{DownReason::kStopped, why}, was_up});
  refusals_ = 0;
  forget_answer();
  plan_ = RemotePlan(current().profile, rng_);
  begin_attempt(now);
}

bool Client::answer(base::Now now, base::SecretBytes text) {
  if (!question_) return false;
  if (question_->kind == Question::Kind::kText) {
    question_.reset();
    if (session_) session_->respond(now, text);
    return true;
  }
  answer_ = std::move(text);
  if (phase_ == Phase::kBlocked) begin_attempt(now);
  return true;
}

void Client::forget_answer() {
  question_.reset();
  answer_.reset();
  login_page_.clear();
}

// True when the login has to wait for static-challenge to be answered. A token needs none.
bool Client::ask_for_login() {
  const auto& challenge = current().profile.login.static_challenge;
  if (!challenge || token_ || answer_) return false;
  question_ = Question{Question::Kind::kStatic, challenge->question, challenge->echo, {}, {}};
  return true;
}

void Client::stop(base::Now now) {
  if (phase_ == Phase::kConnected) {
    session_->leave(now);
    phase_ = Phase::kLeaving;
    deadline_ = now.mono + kFarewellTimeout;
    outputs_.push_back(TunnelDown{{DownReason::kStopped, "stopped"}, true});
    return;
  }
  if (phase_ == Phase::kLeaving) return;
  const bool had_socket = phase_ == Phase::kConnecting || phase_ == Phase::kNegotiating;
  session_.reset();
  deadline_.reset();
  phase_ = Phase::kBlocked;
  if (had_socket) outputs_.push_back(CloseRequest{});
}

void Client::begin_attempt(base::Now now) {
  if (login_missing()) {
    phase_ = Phase::kBlocked;
    deadline_.reset();
    outputs_.push_back(
        TunnelDown{{DownReason::kAuthFailed,
                    "the profile wants a user name and password, and none were given"}});
    return;
  }
  if (ask_for_login()) {
    phase_ = Phase::kBlocked;
    deadline_.reset();
    outputs_.push_back(TunnelDown{{DownReason::kQuestion, question_->text}});
    return;
  }
  if (plan_.address()) return request_connection(now);
  if (const auto literal = base::IpAddress::parse(host())) {
    if (plan_.set_addresses({*literal})) return request_connection(now);
    return go_down(
        {DownReason::kResolveFailed, host() + " is not of the address family that proto wants"},
        now);
  }
  phase_ = Phase::kResolving;
  deadline_ = now.mono + kResolveTimeout;
  std::string name = host();
  if (current().profile.remote_random_hostname && !proxy())
    name.insert(0, base::hex_encode(base::random_bytes<kRandomLabelSize>(rng_)) + ".");
  outputs_.push_back(ResolveRequest{std::move(name), family()});
}

void Client::handle_resolved(base::Now now, const std::vector<base::IpAddress>& addresses,
                             const std::string& failure) {
  if (phase_ != Phase::kResolving) return;
  if (plan_.set_addresses(addresses)) return request_connection(now);
  const std::string why = failure.empty() ? "no address of a usable family" : failure;
  go_down({DownReason::kResolveFailed, host() + ": " + why}, now);
}

void Client::request_connection(base::Now now) {
  const Remote& remote = plan_.remote();
  phase_ = Phase::kConnecting;
  deadline_ = now.mono + remote.connect_timeout;
  ConnectRequest request{
      remote.transport, *plan_.address(), remote.port, remote.local_port, {}, {}};
  if (remote.proxy) {
    request.proxy = current().profile.proxies[*remote.proxy];
    request.port = request.proxy->port;
    request.target = {remote.host, remote.port};
  }
  outputs_.push_back(std::move(request));
}

void Client::handle_connected(base::Now now) {
  if (phase_ != Phase::kConnecting) return;
  const auto outer = plan_.address()->is_v4() ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  session_ = std::make_unique<Session>(current().profile, plan_.remote(), outer, login_now(),
                                       *current().tls, rng_, memory_, now);
  phase_ = Phase::kNegotiating;
  // Over UDP too: a server that does not answer is left for the next one, by this or by
  // hand-window, whichever ends first (our ancestor never left the first one, B5).
  deadline_ = now.mono + plan_.remote().connect_timeout;
}

void Client::handle_disconnected(base::Now now, const std::string& why) {
  if (phase_ == Phase::kConnecting) return go_down({DownReason::kConnectFailed, why}, now);
  if (phase_ == Phase::kNegotiating && !session_->answered()) {
    // A server drops a stream whose first packet it cannot take for OpenVPN's.
    return go_down({DownReason::kWrapRejected, "at our first packet, " + why}, now);
  }
  if (phase_ == Phase::kNegotiating || phase_ == Phase::kConnected)
    return go_down({DownReason::kStreamBroken, why}, now);
  if (phase_ == Phase::kLeaving) deadline_ = now.mono;
}

void Client::handle_timeout(base::Now now) {
  const bool due = deadline_ && *deadline_ <= now.mono;
  switch (phase_) {
    case Phase::kBlocked:
      return;
    case Phase::kWaiting:
      if (due) begin_attempt(now);
      return;
    case Phase::kResolving:
      if (due)
        go_down({DownReason::kResolveFailed, host() + ": the resolver does not answer"}, now);
      return;
    case Phase::kConnecting:
      if (due) go_down({DownReason::kConnectFailed, "no connection within connect-timeout"}, now);
      return;
    case Phase::kNegotiating:
      if (due && session_->wrap_rejected())
        return go_down({DownReason::kWrapRejected,
                        "what the server sends is not wrapped with the profile's key"},
                       now);
      if (due && !session_->answered())
        return go_down({DownReason::kNoAnswer, "the server does not answer"}, now);
      break;
    case Phase::kLeaving:
      if (due) {
        end_session(now);
        phase_ = Phase::kBlocked;
        deadline_.reset();
        return;
      }
      break;
    case Phase::kConnected:
      break;
  }
  session_->handle_timeout(now);
}

std::optional<base::Instant> Client::next_deadline() const {
  std::optional<base::Instant> next = deadline_;
  // Once the server has answered, hand-window takes over.
  if (phase_ == Phase::kNegotiating && session_->answered()) next.reset();
  if (!session_) return next;
  const auto of_session = session_->next_deadline();
  if (!next || !of_session) return next ? next : of_session;
  return std::min(*next, *of_session);
}

std::optional<ClientOutput> Client::poll(base::Now now) {
  // One event at a time: whoever hears of a tunnel finds its session, even where the server's next
  // message has ended it already.
  while (outputs_.empty() && session_) {
    auto event = session_->poll_event();
    if (!event) break;
    take(std::move(*event), now);
  }
  if (outputs_.empty()) return std::nullopt;
  ClientOutput output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<std::vector<std::uint8_t>> Client::poll_packet(base::Now now) {
  if (!farewell_.empty()) {
    std::vector<std::uint8_t> packet = std::move(farewell_.front());
    farewell_.pop_front();
    return packet;
  }
  if (!session_) return std::nullopt;
  auto packet = session_->poll_packet(now);
  if (!packet && phase_ == Phase::kLeaving && session_->farewell_done()) deadline_ = now.mono;
  return packet;
}

void Client::take(SessionEvent event, base::Now now) {
  if (auto* connected = std::get_if<Connected>(&event)) {
    if (phase_ != Phase::kNegotiating) return;
    phase_ = Phase::kConnected;
    deadline_.reset();
    refusals_ = 0;
    // A stream that nobody answers breaks by itself.
    if (comes_back_alone() && remote().transport == Transport::kUdp) session_->watch_for_silence();
    forget_answer();
    plan_.succeeded();
    outputs_.push_back(
        TunnelUp{std::move(connected->options), connected->cipher, connected->tls_description});
  } else if (auto* changed = std::get_if<OptionsChanged>(&event)) {
    if (phase_ == Phase::kConnected) outputs_.push_back(TunnelChanged{std::move(changed->options)});
  } else if (auto* token = std::get_if<TokenReceived>(&event)) {
    const auto login = login_now();
    base::SecretBytes name = token->username ? std::move(*token->username)
                             : login         ? login->username.clone()
                                             : base::SecretBytes();
    token_ = Credentials{std::move(name), std::move(token->token)};
  } else if (auto* question = std::get_if<Question>(&event)) {
    forget_answer();
    question_ = std::move(*question);
  } else if (auto* page = std::get_if<LoginPage>(&event)) {
    login_page_ = std::move(page->url);
  } else if (auto* note = std::get_if<Note>(&event)) {
    outputs_.push_back(std::move(*note));
  } else {
    go_down(std::move(std::get<Down>(event)), now);
  }
}

void Client::go_down(Down down, base::Now now) {
  if (phase_ == Phase::kLeaving) {
    deadline_ = now.mono;
    return;
  }
  const bool was_up = phase_ == Phase::kConnected;
  // An answer that a server has seen is used up, and so is one that only this session was to get.
  const bool seen = session_ && session_->answered();
  if (down.reason != DownReason::kQuestion && (seen || !answer_)) forget_answer();
  end_session(now);
  plan_next(down, was_up, now);
  outputs_.push_back(TunnelDown{std::move(down), was_up});
}

// Lets the session go; what it still has to say is kept for poll_packet().
void Client::end_session(base::Now now) {
  if (session_) {
    while (auto packet = session_->poll_packet(now)) farewell_.push_back(std::move(*packet));
    session_.reset();
  }
  outputs_.push_back(CloseRequest{});
}

void Client::plan_next(const Down& down, bool was_up, base::Now now) {
  const base::Duration asked = std::min(down.backoff, kLongestBackoff);
  switch (down.reason) {
    case DownReason::kStopped:
    case DownReason::kHalt:
    case DownReason::kQuestion:
      phase_ = Phase::kBlocked;
      deadline_.reset();
      return;
    case DownReason::kTokenExpired:
    case DownReason::kAuthFailed:
      if (token_) {
        // Perhaps only the token is refused: once more with the real login, here and at once.
        token_.reset();
        return wait(plan_.pause(), now);
      }
      if (down.reason == DownReason::kAuthFailed &&
          current().profile.login.retry != AuthRetry::kNoInteract) {
        base::Duration pause = kFirstRefusalPause;
        for (unsigned i = 0; i < refusals_ && pause < kLongestRefusalPause; ++i) pause *= 2;
        ++refusals_;
        return wait(std::min(pause, kLongestRefusalPause), now);
      }
      break;
    case DownReason::kAuthTemporary:
    case DownReason::kRestart:
      move_on(step_for(down.advance, RemotePlan::Step::kStay));
      return wait(std::max(asked, plan_.pause()), now);
    default:
      break;
  }
  // Silence was pause enough. A tunnel that was up is tried again where it was; one that never was,
  // elsewhere.
  move_on(was_up ? RemotePlan::Step::kStay : RemotePlan::Step::kNextAddress);
  const bool silent = was_up && down.reason == DownReason::kPeerSilent;
  wait(silent ? base::Duration::zero() : plan_.pause(), now);
}

void Client::wait(base::Duration pause, base::Now now) {
  if (plan_.exhausted()) {
    phase_ = Phase::kBlocked;
    deadline_.reset();
    outputs_.push_back(Note{"gave up after connect-retry-max rounds over all remotes"});
    return;
  }
  phase_ = Phase::kWaiting;
  deadline_ = now.mono + pause;
}

void Client::move_on(RemotePlan::Step step) {
  const unsigned rounds = plan_.rounds();
  plan_.advance(step);
  if (plan_.rounds() == rounds || profiles_.size() == 1) return;
  profile_index_ = (profile_index_ + 1) % profiles_.size();
  plan_ = RemotePlan(current().profile, rng_);
  token_.reset();
}

std::optional<Credentials> Client::login_now() const {
  if (token_) return token_->clone();
  if (!current().profile.login.wanted) return std::nullopt;
  const auto& own = current().profile.login.credentials;
  const Credentials* const login = given_login_ ? &*given_login_ : own ? &*own : nullptr;
  if (login == nullptr) return std::nullopt;
  if (!answer_) return login->clone();
  return with_answer(*login, *question_, *answer_);
}

// Nobody would have to be asked for the next login.
bool Client::comes_back_alone() const {
  if (token_) return true;
  return !current().profile.login.static_challenge && !question_ && login_page_.empty();
}

bool Client::login_missing() const {
  return current().profile.login.wanted && !login_now();
}

}  // namespace sallyport::openvpn
