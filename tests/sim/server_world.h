// Our server and our clients, each client behind a path of its own, in a time that jumps from event
// to event. Also several servers behind one address, as processes with SO_REUSEPORT are: they share
// the key of their cookies, and a hash of where a packet comes from says whose it is.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fake_tls.h"
#include "lossy_path.h"
#include "openvpn/server/server.h"
#include "openvpn/session/client.h"
#include "world.h"

namespace sallyport::sim {

// The server's side of make_wrap(kind), and a configuration with it: 10.8.0.0/24, fd00:8::/64.
openvpn::ServerWraps make_server_wraps(WrapKind kind);
openvpn::ServerConfig make_server_config(WrapKind kind);

// An auth-user-file with these names; no password matches, so a test says what is right.
openvpn::UserList list_of_users(std::string_view name, std::string_view second = "eve");

// An IPv4 packet between these addresses with `text` for a payload.
std::vector<std::uint8_t> ip_packet(const base::IpAddress& source,
                                    const base::IpAddress& destination, std::string_view text);
std::string payload_of(base::Bytes packet);

class ServerWorld {
 public:
  // Paths with sockets from here on are TCP connections.
  static constexpr std::uint32_t kFirstStream = 0x10000;

  struct Setup {
    WrapKind wrap = WrapKind::kTlsCryptV2;
    std::size_t clients = 1;
    std::size_t servers = 1;
    LossyPath::Weather weather{};
    std::uint64_t seed = 1;
    std::function<void(openvpn::ServerConfig&)> change_config{};
    std::function<void(openvpn::Profile&)> change_profile{};
    std::optional<openvpn::Credentials> login{};
    // Of client i, where it says; else each has one of its own, and so a name of its own.
    std::vector<std::uint8_t> certificates{};
    openvpn::Transport transport = openvpn::Transport::kUdp;
  };
  explicit ServerWorld(Setup setup);

  struct ClientSide {
    ClientSide(std::uint64_t seed, LossyPath::Weather weather)
        : rng(seed), network(weather, seed) {}
    testing::CountingRng rng;
    LossyPath network;
    openvpn::Path path;
    std::unique_ptr<openvpn::Client> client;
    std::vector<openvpn::TunnelUp> ups;
    std::vector<openvpn::Down> downs;
    std::vector<std::string> received;  // payloads from the tunnel
    bool connected() const { return client->phase() == openvpn::Client::Phase::kConnected; }
    base::IpAddress address() const { return ups.back().options.ifconfig->local; }
  };

  template <class Condition>
  bool run_until(Condition condition, base::Duration limit);
  void run_for(base::Duration duration) {
    run_until([] { return false; }, duration);
  }
  bool all_connected() const;

  openvpn::Server& server(std::size_t index = 0) { return *servers_[index]; }
  // Who gets the packets that come from there.
  std::size_t home_of(const openvpn::Path& path) const;
  ClientSide& client(std::size_t index) { return *clients_[index]; }
  base::Now now() const { return now_; }

  // From a client's side of its tunnel to `destination`, and from the server's kernel to a client.
  bool send_up(std::size_t index, const base::IpAddress& destination, std::string_view text);
  bool send_down(std::size_t index, std::string_view text);
  // A packet of that client with `text` in it, sealed, to be sent by inject().
  std::vector<std::uint8_t> sealed_up(std::size_t index, const base::IpAddress& destination,
                                      std::string_view text);
  // Straight to the server whose it is, as if from there; what it sends in answer is kept in
  // `answers`.
  void inject(const openvpn::Path& path, std::vector<std::uint8_t> packet);

  std::vector<std::string> inside;               // payloads that came out at the server
  std::vector<openvpn::OutgoingPacket> answers;  // to paths of no client
  std::vector<std::string> notes;
  std::vector<std::uint32_t> closed;           // streams
  std::vector<openvpn::PasswordCheck> checks;  // not answered yet
  // Every packet that the clients sent, with where it came from; and what the server sent to them.
  std::vector<std::pair<openvpn::Path, std::vector<std::uint8_t>>> overheard;
  std::vector<std::vector<std::uint8_t>> overheard_back;
  bool overhear = false;

  // Of the first server, until it is reloaded.
  testing::FakeTlsFactory* server_tls = nullptr;

 private:
  void pump();
  void pump_client(ClientSide& side);
  void pump_servers();
  void pump(openvpn::Server& server);
  void arrive(const openvpn::Path& path, base::MutableBytes packet);
  void take(openvpn::Server& server, const std::optional<openvpn::Server::Inside>& inside);
  std::optional<base::Instant> next_event() const;

  base::Now now_;
  testing::CountingRng rng_;
  std::vector<std::unique_ptr<openvpn::Server>> servers_;
  std::vector<std::unique_ptr<ClientSide>> clients_;
};

template <class Condition>
bool ServerWorld::run_until(Condition condition, base::Duration limit) {
  const base::Instant end = now_.mono + limit;
  for (pump(); !condition(); pump()) {
    const auto next = next_event();
    const base::Instant target = next ? std::max(*next, now_.mono) : end;
    const bool last = target >= end;
    const base::Instant then = last ? end : target;
    now_.wall += std::chrono::floor<std::chrono::seconds>(then.time_since_epoch()) -
                 std::chrono::floor<std::chrono::seconds>(now_.mono.time_since_epoch());
    now_.mono = then;
    if (!last) continue;
    pump();
    return condition();
  }
  return true;
}

}  // namespace sallyport::sim
