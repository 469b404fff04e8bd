// A client, servers and the path between them, in a time that jumps from event to event.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/counter_set.h"
#include "fake_tls.h"
#include "lossy_path.h"
#include "openvpn/session/client.h"
#include "scripted_server.h"

namespace sallyport::sim {

inline const base::IpAddress kServerAddress = base::IpAddress::v4(0xc0000201);  // 192.0.2.1

// A profile with one UDP remote at kServerAddress and this wrap.
openvpn::Profile make_profile(openvpn::ControlWrap wrap);

// The wraps a client can have, by name, with keys of their own; tls-crypt-v2's is made with
// server_key().
enum class WrapKind { kPlain, kTlsAuth, kTlsAuthBothWays, kTlsCrypt, kTlsCryptV2 };
inline constexpr WrapKind kAllWraps[] = {WrapKind::kPlain, WrapKind::kTlsAuth,
                                         WrapKind::kTlsAuthBothWays, WrapKind::kTlsCrypt,
                                         WrapKind::kTlsCryptV2};
openvpn::ControlWrap make_wrap(WrapKind kind);
const openvpn::TlsCryptV2ServerKey& server_key();

class World {
 public:
  struct Setup {
    WrapKind wrap = WrapKind::kTlsCryptV2;
    ScriptedServer::Script script;
    LossyPath::Weather weather;
    std::uint64_t seed = 1;
    std::function<void(openvpn::Profile&)> change_profile;
    std::function<void(openvpn::Profile&)> change_second;  // of two profiles
    std::optional<openvpn::Credentials> login;
    unsigned profiles = 1;
  };
  // Both ends ping when there is nothing to say for 5 s, and give up after 20.
  static Setup with_keepalive();
  explicit World(Setup setup);

  // Lets everything happen until `condition` holds or `limit` of simulated time has passed; returns
  // whether it holds.
  template <class Condition>
  bool run_until(Condition condition, base::Duration limit);
  void run_for(base::Duration duration);
  // Within some minutes.
  bool connect();

  // Seals a packet into the tunnel; false when the session would not.
  bool send_inside(std::string_view plain);

  openvpn::Client& client() { return *client_; }
  // The server at kServerAddress; restart() replaces it by a fresh one with the same script.
  ScriptedServer& server() { return *server_; }
  void restart_server();
  LossyPath& path() { return path_; }
  base::Now now() const { return now_; }
  bool connected() const { return client_->phase() == openvpn::Client::Phase::kConnected; }

  // What the client did, in order.
  std::vector<openvpn::Down> downs;
  std::vector<openvpn::ConnectRequest> attempts;
  std::vector<std::string> notes;
  std::vector<openvpn::TunnelUp> ups;
  std::vector<openvpn::TunnelOptions> changes;
  unsigned resolves = 0;
  std::vector<std::string> received;  // from the tunnel
  // The client's own packets, as they left; of the first thousand.
  std::vector<std::vector<std::uint8_t>> sent;
  base::CounterSet<openvpn::DropReason> drops;
  // Every byte string that is never to be seen on the path; run() checks each packet for it.
  std::vector<std::string> forbidden;
  bool leaked = false;
  // What a name resolves to; nothing: the look-up fails.
  std::map<std::string, std::vector<base::IpAddress>> names;
  bool refuse_connections = false;

  testing::FakeTlsFactory& server_tls() { return server_tls_; }

 private:
  void pump();
  void pump_client();
  void act(const openvpn::ClientOutput& output);
  void deliver(LossyPath::Arrival arrival);
  void inspect(const std::vector<std::uint8_t>& packet);
  std::optional<base::Instant> next_event() const;

  base::Now now_;
  LossyPath path_;
  testing::CountingRng client_rng_, server_rng_;
  testing::FakeTlsFactory server_tls_{testing::FakeTlsFactory::End::kServer};
  openvpn::ControlWrap server_wrap_;
  ScriptedServer::Script script_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<openvpn::Client> client_;
};

template <class Condition>
bool World::run_until(Condition condition, base::Duration limit) {
  const base::Instant end = now_.mono + limit;
  for (pump(); !condition(); pump()) {
    const auto next = next_event();
    const base::Instant target = next ? std::max(*next, now_.mono) : end;
    if (target >= end) {
      now_.wall += std::chrono::duration_cast<std::chrono::seconds>(end - now_.mono);
      now_.mono = end;
      pump();
      return condition();
    }
    // The wall clock follows in whole seconds.
    now_.wall += std::chrono::floor<std::chrono::seconds>(target.time_since_epoch()) -
                 std::chrono::floor<std::chrono::seconds>(now_.mono.time_since_epoch());
    now_.mono = target;
  }
  return true;
}

}  // namespace sallyport::sim
