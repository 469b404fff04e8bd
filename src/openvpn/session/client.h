// The OpenVPN client as a whole: profiles, servers in turn, back-off, logins and tokens, and the
// Session that is alive. No server message, network fault or timeout ends it; it either is
// connected, tries, or waits and says why.
//
// The caller does what poll() asks for, feeds back what comes of it, and passes packets.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "openvpn/session/login.h"
#include "openvpn/session/quarrel_watch.h"
#include "openvpn/session/remote_plan.h"
#include "openvpn/session/session.h"

namespace sallyport::openvpn {

// A usable profile and what it needs to connect.
struct ClientProfile {
  Profile profile;
  std::unique_ptr<crypto::TlsFactory> tls;  // may be null while there is a profile.locked_key
};

// Requests to the caller, and news.
struct ResolveRequest {
  std::string host;
  AddressFamily family = AddressFamily::kAny;
};
struct ConnectRequest {
  Transport transport = Transport::kUdp;
  base::IpAddress address;
  std::uint16_t port = 0;
  std::optional<std::uint16_t> local_port;
  // Through this proxy: `address` and `port` are the proxy's, and it is to connect to `target`.
  std::shared_ptr<const ProxyOptions> proxy;
  ProxyTarget target;
};
// Close the socket, after sending what poll_packet() still has.
struct CloseRequest {};
struct TunnelUp {
  TunnelOptions options;
  std::string cipher;
  std::string tls_description;
};
// The tunnel stays up, with other addresses, resolvers or sizes.
struct TunnelChanged {
  TunnelOptions options;
};
struct TunnelDown {
  Down down;
  bool was_up = false;
};
using ClientOutput = std::variant<ResolveRequest, ConnectRequest, CloseRequest, TunnelUp,
                                  TunnelChanged, TunnelDown, Note>;

class Client {
 public:
  enum class Phase {
    kBlocked,     // not trying: stopped, halted, or nothing usable left; reconnect() starts again
    kWaiting,     // before the next attempt
    kResolving,   // for the caller to answer ResolveRequest
    kConnecting,  // for the caller to answer ConnectRequest
    kNegotiating,
    kConnected,
    kLeaving,  // saying goodbye before kBlocked
  };

  // At least one profile. `login`, when given, replaces what the profiles bring. `rng` outlives the
  // client.
  Client(std::vector<ClientProfile> profiles, std::optional<Credentials> login, base::Rng& rng);

  Phase phase() const { return phase_; }
  const Profile& profile() const { return current().profile; }
  const Remote& remote() const { return plan().remote(); }
  // Of the server, or of the proxy that leads to it.
  std::optional<base::IpAddress> remote_address() const { return plan().address(); }
  // Null without one.
  const ProxyOptions* proxy() const {
    return remote().proxy ? current().profile.proxies[*remote().proxy].get() : nullptr;
  }

  // Starts, or starts again at once whatever the phase; back-off and blocks are forgotten. `why` is
  // for who hears that a tunnel went down.
  void reconnect(base::Now now, const std::string& why = "reconnecting as asked");
  // Ends in kBlocked, after a farewell.
  void stop(base::Now now);

  void handle_resolved(base::Now now, const std::vector<base::IpAddress>& addresses,
                       const std::string& failure);
  void handle_connected(base::Now now);
  // The attempt failed, or the stream broke later.
  void handle_disconnected(base::Now now, const std::string& why);
  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;

  std::optional<ClientOutput> poll(base::Now now);
  // Else poll() has nothing, and nothing has changed since it had nothing.
  bool has_output() const { return !outputs_.empty() || (session_ && session_->has_event()); }
  std::optional<std::vector<std::uint8_t>> poll_packet(base::Now now);

  // What the user is asked, if anything. A login waits for answer(); it is used once.
  const std::optional<Question>& question() const { return login().question(); }
  // False when nothing was asked.
  bool answer(base::Now now, base::SecretBytes text);
  // Where the user is to log in with a browser; empty: nowhere.
  const std::string& login_page() const { return login().page(); }

  // Waiting for something that only time or the user changes: a refused login, HALT, no login at
  // all.
  bool held_back() const {
    return phase_ == Phase::kBlocked || (phase_ == Phase::kWaiting && refusals_ > 0);
  }

  // The live session; null when there is none. Data goes straight through it.
  Session* session() { return session_.get(); }
  const Session* session() const { return session_.get(); }

 private:
  ClientProfile& current() { return profiles_[profile_index_]; }
  const ClientProfile& current() const { return profiles_[profile_index_]; }
  RemotePlan& plan() { return plans_[profile_index_]; }
  const RemotePlan& plan() const { return plans_[profile_index_]; }
  Login& login() { return logins_[profile_index_]; }
  const Login& login() const { return logins_[profile_index_]; }
  // A person would have to answer before an attempt with it.
  bool would_ask(std::size_t profile) const;
  void plan_anew();
  void begin_attempt(base::Now now);
  void request_connection(base::Now now);
  void take(SessionEvent event, base::Now now);
  void go_down(Down down, base::Now now);
  void note_end(Down& down, base::Now now);
  void plan_next(Down& down, bool was_up, base::Now now);
  void plan_next_login(Down& down, base::Now now);
  void wait(base::Duration pause, base::Now now);
  void move_on(RemotePlan::Step step);
  void end_session(base::Now now);
  void wait_for_answer();
  void ask_for_passphrase(const std::string& why);
  void unlock_key(const base::SecretBytes& passphrase, base::Now now);
  // Before the next login, behind `refusals_` refusals.
  base::Duration pause_after_refusal(DownReason reason, AuthRetry retry) const;
  // How many there are, in all profiles.
  std::size_t servers() const;
  // What we connect to: the proxy, where there is one.
  const std::string& host() const { return proxy() ? proxy()->host : remote().host; }
  AddressFamily family() const { return proxy() ? AddressFamily::kAny : remote().family; }

  std::vector<ClientProfile> profiles_;
  std::vector<Login> logins_;  // by profile: what is typed for one is for no other
  base::Rng& rng_;
  BatchMemory memory_;  // of packets whose session may be over before they are delivered
  std::size_t profile_index_ = 0;
  std::vector<RemotePlan> plans_;  // by profile: each counts its own rounds
  Phase phase_ = Phase::kBlocked;
  std::unique_ptr<Session> session_;
  // Of kWaiting, kConnecting, kLeaving, and the first answer.
  std::optional<base::Instant> deadline_;
  std::size_t refusals_ = 0;  // logins refused in a row
  QuarrelWatch quarrel_;
  std::deque<ClientOutput> outputs_;
  std::deque<std::vector<std::uint8_t>> farewell_;  // of a session that is gone
};

}  // namespace sallyport::openvpn
