#include "openvpn/session/client.h"

#include <algorithm>

#include "base/check.h"

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
  plan_ = RemotePlan(current().profile, rng_);
  begin_attempt(now);
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
  if (plan_.address()) return request_connection(now);
  if (const auto literal = base::IpAddress::parse(plan_.remote().host)) {
    if (plan_.set_addresses({*literal})) return request_connection(now);
    return go_down({DownReason::kResolveFailed,
                    plan_.remote().host + " is not of the address family that proto wants"},
                   now);
  }
  phase_ = Phase::kResolving;
  deadline_ = now.mono + kResolveTimeout;
  outputs_.push_back(ResolveRequest{plan_.remote().host, plan_.remote().family});
}

void Client::handle_resolved(base::Now now, const std::vector<base::IpAddress>& addresses,
                             const std::string& failure) {
  if (phase_ != Phase::kResolving) return;
  if (plan_.set_addresses(addresses)) return request_connection(now);
  const std::string why = failure.empty() ? "no address of a usable family" : failure;
  go_down({DownReason::kResolveFailed, plan_.remote().host + ": " + why}, now);
}

void Client::request_connection(base::Now now) {
  const Remote& remote = plan_.remote();
  phase_ = Phase::kConnecting;
  deadline_ = now.mono + remote.connect_timeout;
  outputs_.push_back(
      ConnectRequest{remote.transport, *plan_.address(), remote.port, remote.local_port});
}

void Client::handle_connected(base::Now now) {
  if (phase_ != Phase::kConnecting) return;
  const auto outer = plan_.address()->is_v4() ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  session_ = std::make_unique<Session>(current().profile, plan_.remote(), outer, login_now(),
                                       *current().tls, rng_, now);
  phase_ = Phase::kNegotiating;
  // Over UDP too: a server that does not answer is left for the next one, by this or by
  // hand-window, whichever ends first (our ancestor never left the first one, B5).
  deadline_ = now.mono + plan_.remote().connect_timeout;
}

void Client::handle_disconnected(base::Now now, const std::string& why) {
  if (phase_ == Phase::kConnecting) return go_down({DownReason::kConnectFailed, why}, now);
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
        go_down(
            {DownReason::kResolveFailed, plan_.remote().host + ": the resolver does not answer"},
            now);
      return;
    case Phase::kConnecting:
      if (due) go_down({DownReason::kConnectFailed, "no connection within connect-timeout"}, now);
      return;
    case Phase::kNegotiating:
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
    plan_.succeeded();
    outputs_.push_back(
        TunnelUp{std::move(connected->options), connected->cipher, connected->tls_description});
  } else if (auto* token = std::get_if<TokenReceived>(&event)) {
    const auto login = login_now();
    base::SecretBytes name = token->username ? std::move(*token->username)
                             : login         ? login->username.clone()
                                             : base::SecretBytes();
    token_ = Credentials{std::move(name), std::move(token->token)};
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
  // A tunnel that was up is tried again where it was; one that never was, elsewhere.
  move_on(was_up ? RemotePlan::Step::kStay : RemotePlan::Step::kNextAddress);
  wait(plan_.pause(), now);
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
  if (given_login_) return given_login_->clone();
  if (current().profile.login.credentials) return current().profile.login.credentials->clone();
  return std::nullopt;
}

bool Client::login_missing() const {
  return current().profile.login.wanted && !login_now();
}

}  // namespace sallyport::openvpn
