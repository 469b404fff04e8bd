#include "openvpn/session/client.h"

#include <algorithm>

#include "base/back_off.h"
#include "base/check.h"
#include "base/hex.h"
#include "openvpn/profile/locked_key.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

// A resolver that does not answer at all must not hold us for ever.
constexpr base::Duration kResolveTimeout = seconds(30);
// Servers that refuse a login are asked again, since many refusals are passing ones (too many
// sessions, a database that is down), but ever more rarely, so that no account gets locked.
constexpr base::Duration kFirstRefusalPause = seconds(60);
constexpr base::Duration kLongestRefusalPause = seconds(3600);
// Where no long pause is wanted, or not yet.
constexpr std::size_t kRefusalsAtFullSpeed = 3;
constexpr base::Duration kPauseAfterRefusals = seconds(10);
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

// The server knows, or nobody is there to be told.
bool ended_by_server(DownReason reason) {
  return reason == DownReason::kRestart || reason == DownReason::kHalt ||
         reason == DownReason::kPeerExit || reason == DownReason::kStreamBroken;
}

}  // namespace

Client::Client(std::vector<ClientProfile> profiles, std::optional<Credentials> login,
               base::Rng& rng)
    : profiles_(std::move(profiles)), rng_(rng) {
  for (std::size_t i = 0; i < profiles_.size(); ++i)
    logins_.emplace_back(login ? std::optional(login->clone()) : std::nullopt);
  plan_anew();
}

void Client::plan_anew() {
  plans_.clear();
  for (const ClientProfile& each : profiles_) plans_.emplace_back(each.profile, rng_);
}

void Client::reconnect(base::Now now, const std::string& why) {
  const bool was_up = phase_ == Phase::kConnected;
  if (session_) {
    session_->leave(now);
    end_session(now);
  }
  if (was_up) outputs_.push_back(TunnelDown{{DownReason::kStopped, why}, was_up});
  refusals_ = 0;
  quarrel_.calm();
  login().forget_answer();
  plan_anew();
  begin_attempt(now);
}

bool Client::answer(base::Now now, base::SecretBytes text) {
  switch (login().answer(current().profile.login, current().profile.name, text)) {
    case Login::Answered::kNothing:
      return false;
    case Login::Answered::kForSession:
      if (session_) session_->respond(now, text);
      return true;
    case Login::Answered::kForKey:
      if (phase_ == Phase::kBlocked) unlock_key(text, now);
      return true;
    case Login::Answered::kAskNext:
      if (phase_ == Phase::kBlocked) wait_for_answer();
      return true;
    case Login::Answered::kAttempt:
      if (phase_ == Phase::kBlocked) begin_attempt(now);
      return true;
  }
  CHECK(false);
}

void Client::wait_for_answer() {
  phase_ = Phase::kBlocked;
  deadline_.reset();
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

void Client::ask_for_passphrase(const std::string& why) {
  const std::string text = "Passphrase of the key in " + printable(current().profile.name);
  login().ask({Question::Kind::kPassphrase, text, false, {}, {}});
  wait_for_answer();
  outputs_.push_back(TunnelDown{{DownReason::kQuestion, why.empty() ? text : why + "; " + text}});
}

void Client::unlock_key(const base::SecretBytes& passphrase, base::Now now) {
  auto tls = unlock(current().profile, passphrase.reveal_text());
  if (!tls) return ask_for_passphrase(tls.error());
  if (!current().tls) current().tls = std::move(*tls);
  begin_attempt(now);
}

void Client::begin_attempt(base::Now now) {
  if (current().profile.locked_key) return ask_for_passphrase({});
  if (login().ask_before_attempt(current().profile.login, current().profile.name)) {
    wait_for_answer();
    outputs_.push_back(TunnelDown{{DownReason::kQuestion, question()->text}});
    return;
  }
  quarrel_.attempt(now.mono);
  if (plan().address()) return request_connection(now);
  if (const auto literal = base::IpAddress::parse(host())) {
    if (plan().set_addresses({*literal})) return request_connection(now);
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
  if (plan().set_addresses(addresses)) return request_connection(now);
  const std::string why = failure.empty() ? "no address of a usable family" : failure;
  go_down({DownReason::kResolveFailed, host() + ": " + why}, now);
}

void Client::request_connection(base::Now now) {
  const Remote& remote = plan().remote();
  phase_ = Phase::kConnecting;
  deadline_ = now.mono + remote.connect_timeout;
  ConnectRequest request{
      remote.transport, *plan().address(), remote.port, remote.local_port, {}, {}};
  if (remote.proxy) {
    request.proxy = current().profile.proxies[*remote.proxy];
    request.port = request.proxy->port;
    request.target = {remote.host, remote.port};
  }
  outputs_.push_back(std::move(request));
}

void Client::handle_connected(base::Now now) {
  if (phase_ != Phase::kConnecting) return;
  const auto outer = plan().address()->is_v4() ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  session_ = std::make_unique<Session>(current().profile, plan().remote(), outer,
                                       login().use(current().profile.login), *current().tls, rng_,
                                       memory_, now);
  phase_ = Phase::kNegotiating;
  // Over UDP too: a server that does not answer is left for the next one, by this or by
  // hand-window, whichever ends first (our ancestor never left the first one, B5).
  deadline_ = now.mono + plan().remote().connect_timeout;
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
    quarrel_.up(now.mono);
    const LoginOptions& options = current().profile.login;
    // A stream that nobody answers breaks by itself.
    if (login().needs_nobody(options) && remote().transport == Transport::kUdp)
      session_->watch_for_silence();
    if (login().is_spent_at_rekey(options)) {
      outputs_.push_back(
          Note{"the server gave no token: it may want a new answer when keys are"
               " renewed, and the tunnel then waits for it"});
    }
    login().forget_answer();
    for (RemotePlan& each : plans_) each.begin_again();
    plan().succeeded();
    outputs_.push_back(
        TunnelUp{std::move(connected->options), connected->cipher, connected->tls_description});
  } else if (auto* changed = std::get_if<OptionsChanged>(&event)) {
    if (phase_ == Phase::kConnected) outputs_.push_back(TunnelChanged{std::move(changed->options)});
  } else if (auto* token = std::get_if<TokenReceived>(&event)) {
    login().take_token(current().profile.login, std::move(token->token),
                       std::move(token->username));
  } else if (auto* question = std::get_if<Question>(&event)) {
    // So that nobody takes it for a question of ours: the answer goes to the server.
    question->text.insert(0, "the server asks: ");
    login().ask(std::move(*question));
  } else if (auto* page = std::get_if<LoginPage>(&event)) {
    login().show_page(std::move(page->url));
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
  if (down.reason != DownReason::kQuestion && (seen || !login().waits_to_be_used()))
    login().forget_answer();
  if (was_up) note_end(down, now);
  const bool in_tls = down.reason == DownReason::kHandshake || down.reason == DownReason::kTls ||
                      down.reason == DownReason::kTlsAlert;
  if (in_tls && !was_up && current().profile.asks_for_old_tls) {
    down.text +=
        "; tls-version-min of the profile names a version that is never used here, and"
        " the server may know nothing newer";
  }
  if (session_ && !ended_by_server(down.reason)) session_->leave(now);
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

void Client::note_end(Down& down, base::Now now) {
  switch (down.reason) {
    case DownReason::kPeerSilent:
    case DownReason::kStreamBroken:
    case DownReason::kPeerExit:
    case DownReason::kRestart:
      quarrel_.ended(now.mono);
      break;
    default:
      quarrel_.calm();
  }
  if (quarrel_.suspected()) {
    down.text +=
        "; again soon after it came up: the same certificate or login may be in use"
        " elsewhere, and the server allows it once";
  }
}

void Client::plan_next(Down& down, bool was_up, base::Now now) {
  const base::Duration asked = std::min(down.backoff, kLongestBackoff);
  switch (down.reason) {
    case DownReason::kStopped:
    case DownReason::kHalt:
    case DownReason::kQuestion:
      return wait_for_answer();
    case DownReason::kTokenExpired:
    case DownReason::kAuthFailed:
      return plan_next_login(down, now);
    case DownReason::kAuthTemporary:
    case DownReason::kRestart:
      move_on(step_for(down.advance, RemotePlan::Step::kStay));
      return wait(std::max({asked, plan().pause(), quarrel_.pause()}), now);
    default:
      break;
  }
  // Silence was pause enough. A tunnel that was up is tried again where it was; one that never was,
  // elsewhere.
  move_on(was_up ? RemotePlan::Step::kStay : RemotePlan::Step::kNextAddress);
  const bool silent = was_up && down.reason == DownReason::kPeerSilent;
  wait(std::max(silent ? base::Duration::zero() : plan().pause(), quarrel_.pause()), now);
}

// A refusal may be the one server's alone: too many sessions there, or its login service is down.
// So each other server is tried once before the long pause.
void Client::plan_next_login(Down& down, base::Now now) {
  // Perhaps only the token is refused: once more with the real login, here and at once.
  if (login().drop_token()) return wait(plan().pause(), now);
  const LoginOptions& options = current().profile.login;
  if (login().was_typed(options)) {
    // A person types more slowly than any account is locked. The next try is with another server,
    // since the refusal may be this one's alone.
    login().forget_typed();
    plan().advance(RemotePlan::Step::kNextServer);
    if (!login().ask_before_attempt(options, current().profile.name))
      return wait(plan().pause(), now);
    down.reason = DownReason::kQuestion;
    down.text += "; what was typed was refused, or has been used: " + question()->text;
    return wait_for_answer();
  }
  ++refusals_;
  const base::Duration pause = pause_after_refusal(down.reason, options.retry);
  move_on(RemotePlan::Step::kNextServer);
  wait(pause, now);
}

// Many servers have one list of accounts, so that each refusal slows us down; the long pause comes
// when all servers have refused.
base::Duration Client::pause_after_refusal(DownReason reason, AuthRetry retry) const {
  const bool patient = retry != AuthRetry::kNoInteract;
  if (reason == DownReason::kAuthFailed && patient && refusals_ % servers() == 0)
    return base::doubled(kFirstRefusalPause, refusals_ / servers() - 1, kLongestRefusalPause);
  if (refusals_ < kRefusalsAtFullSpeed) return plan().pause();
  const std::size_t slower = patient ? refusals_ - kRefusalsAtFullSpeed : 0;
  return std::max(plan().pause(), base::doubled(kPauseAfterRefusals, slower, kFirstRefusalPause));
}

std::size_t Client::servers() const {
  std::size_t count = 0;
  for (const RemotePlan& each : plans_) count += each.servers();
  return count;
}

void Client::wait(base::Duration pause, base::Now now) {
  phase_ = Phase::kWaiting;
  deadline_ = now.mono + pause;
}

bool Client::would_ask(std::size_t profile) const {
  const Profile& other = profiles_[profile].profile;
  return other.locked_key || logins_[profile].would_ask(other.login);
}

void Client::move_on(RemotePlan::Step step) {
  const unsigned turns = plan().turns();
  plan().advance(step);
  if (plan().turns() == turns || profiles_.size() == 1) return;
  login().drop_token();
  // One that needs nobody goes first: the user may be away.
  std::size_t next = (profile_index_ + 1) % profiles_.size();
  for (std::size_t i = 0; i < profiles_.size() && would_ask(next); ++i)
    next = (next + 1) % profiles_.size();
  profile_index_ = next;
}

}  // namespace sallyport::openvpn
