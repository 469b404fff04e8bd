// The whole gateway in simulated time: clients that send what they like, a scripted server, a path
// between them. Every byte that leaves towards the uplink is looked at.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fake_tls.h"
#include "gateway/gateway.h"
#include "lossy_path.h"
#include "scripted_server.h"
#include "world.h"

namespace sallyport::sim {

class GatewayWorld {
 public:
  // kEnforced: clients may do nothing before Router::set_rules().
  enum class Rules { kNone, kEnforced };
  explicit GatewayWorld(ScriptedServer::Script script = {}, std::uint64_t seed = 1,
                        Rules rules = Rules::kNone);

  gateway::Gateway& gateway() { return gateway_; }
  ScriptedServer& server() { return *server_; }
  base::Now now() const { return now_; }
  LossyPath& path() { return path_; }

  // Starts with make_profile(), whose server is at kServerAddress; with a name, it has to be
  // resolved first.
  void use_profile(void (*change)(openvpn::Profile&) = nullptr);
  bool connect();  // within some seconds

  net::ClientId add_client(std::string_view v4, std::string_view v6 = {});
  // An IP packet from the client in an Ethernet frame of its own.
  void send(net::ClientId from, const std::vector<std::uint8_t>& packet,
            const net::Offload& offload = {});
  // The same, and what the server had out of the tunnel when it was there.
  std::vector<std::vector<std::uint8_t>> through(net::ClientId from,
                                                 const std::vector<std::uint8_t>& packet,
                                                 const net::Offload& offload = {});
  // An IP packet from the server through the tunnel.
  void send_from_tunnel(const std::vector<std::uint8_t>& packet);

  void run_for(base::Duration duration);
  // As somebody sets the machine's clock.
  void set_calendar(std::chrono::seconds ahead);
  // Everything that is due now.
  void pump();
  // The end of a batch: takes what the gateway has for both sides.
  void settle();

  // IP packets that reached the client, since the last call.
  std::vector<std::vector<std::uint8_t>> delivered(net::ClientId to);
  // Sealed packets that the router has put out, ever.
  std::uint64_t sealed_packets = 0;
  // Set when a byte string of a client was readable in anything for the uplink.
  bool leaked = false;
  // What clients put into their packets, to be recognised.
  static constexpr std::string_view kMarker = "CLEAR-TEXT-OF-A-CLIENT";

  std::vector<gateway::StateChanged> changes;
  unsigned news = 0;  // in status, besides these
  std::vector<std::string> log;
  std::vector<openvpn::ConnectRequest> attempts;
  std::vector<openvpn::ResolveRequest> resolves;
  // What the next resolve request gets; nothing: no answer.
  std::optional<std::vector<base::IpAddress>> resolution =
      std::vector<base::IpAddress>{kServerAddress};
  bool answer_connects = true;

 private:
  struct Delivered {
    net::ClientId client;
    std::vector<std::uint8_t> packet;
  };
  void act(const gateway::GatewayOutput& output);
  void inspect(base::Bytes bytes);
  std::optional<base::Instant> next_event() const;

  base::Now now_;
  testing::CountingRng rng_, server_rng_;
  LossyPath path_;
  testing::FakeTlsFactory server_tls_{testing::FakeTlsFactory::End::kServer};
  openvpn::ControlWrap server_wrap_ = make_wrap(WrapKind::kTlsCryptV2);
  gateway::Gateway gateway_;
  std::unique_ptr<ScriptedServer> server_;
  bool uplink_open_ = false;
  std::vector<Delivered> delivered_;
};

}  // namespace sallyport::sim
