// The OpenVPN server as a whole: the door, the clients behind it, their addresses, and which packet
// belongs to whom. Bytes and time in; packets, requests and news out. Nothing that comes from
// outside ends it, and nothing is kept of anybody who has not shown that packets reach him.
//
// After each handle_* call, and after a batch of data packets with batch_done(), take poll() and
// poll_packet() until both are empty, then ask next_deadline().
#pragma once

#include <deque>
#include <memory>
#include <queue>
#include <string>
#include <variant>
#include <vector>

#include "base/counter_set.h"
#include "openvpn/server/address_pool.h"
#include "openvpn/server/inside_routes.h"
#include "openvpn/server/listener.h"
#include "openvpn/server/password_check.h"
#include "openvpn/server/server_clients.h"
#include "openvpn/session/outer_path.h"

namespace sallyport::openvpn {

// A TCP connection to be closed, after what poll_packet() still has for it.
struct CloseStream {
  std::uint32_t socket = 0;
};
// A line for the log.
struct ServerNote {
  std::string text;
};
// A PasswordCheck is answered with handle_password(), or handle_unchecked().
using ServerOutput = std::variant<PasswordCheck, CloseStream, ServerNote>;

struct OutgoingPacket {
  Path path;
  std::vector<std::uint8_t> packet;
};

// A client as status shows it.
struct ClientStatus {
  PeerId id;
  std::string name;
  Path path;
  ClientAddresses addresses;
  std::string cipher;
  std::string version;
  base::WallTime since;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

class Server {
 public:
  // `rng` outlives the server. `cookie_key`: CookieJar::kKeySize bytes.
  Server(ServerConfig config, std::unique_ptr<crypto::TlsFactory> tls, base::Bytes cookie_key,
         base::Rng& rng);

  const ServerConfig& config() const { return *config_; }
  // The option that cannot become what `config` has without a restart; nullopt: there is none.
  std::optional<std::string_view> needs_restart(const ServerConfig& config) const;
  // For newcomers, rekeys and those who are in: whom the new policy would not take is sent away.
  // Only with what needs_restart() does not name.
  void reload(base::Now now, ServerConfig config, std::unique_ptr<crypto::TlsFactory> tls);

  // What came out of the tunnel, for our kernel, or for another client (client-to-client).
  struct Inside {
    PeerId from;
    base::MutableBytes packet;  // borrowed from what came in, or good until the batch is done
    std::optional<PeerId> to;
  };
  std::optional<Inside> handle_datagram(base::Now now, const Path& path, base::MutableBytes packet);
  // The same for a packet of a TCP connection, which is closed when it is nobody's after that.
  std::optional<Inside> handle_stream(base::Now now, const Path& path, base::MutableBytes packet);
  void handle_disconnected(base::Now now, std::uint32_t socket);
  void batch_done(base::Now now);
  void handle_password(base::Now now, PeerId client, std::uint64_t number, bool right);
  // Nobody had time to check it: the client is to come back later.
  void handle_unchecked(base::Now now, PeerId client, std::uint64_t number);
  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;

  std::optional<ServerOutput> poll();
  std::optional<OutgoingPacket> poll_packet(base::Now now);

  // Who gets a packet of our kernel.
  std::optional<PeerId> client_at(const base::IpAddress& destination) const;
  SealRoom seal_room(PeerId client) const { return clients_[client].session->seal_room(); }
  OuterPath outer_path(PeerId client) const;
  // Seals for a client that client_at() or Inside named. Where the packet goes; empty: nowhere.
  // The packet, of `packet_size` bytes, is in `buffer` behind the room in front of it; the buffer
  // is of seal_room().sealed_size(packet_size).
  std::optional<Path> seal(PeerId client, base::MutableBytes buffer, std::size_t packet_size);

  // Says goodbye to all; over when is_empty().
  void stop(base::Now now);
  bool is_empty() const { return clients_.count() == 0; }
  // Ends the clients of that name; how many there were.
  std::size_t kick(base::Now now, std::string_view name);

  std::vector<ClientStatus> status() const;
  const base::CounterSet<DropReason>& drops() const { return drops_; }
  std::uint64_t replies() const { return replies_sent_; }
  std::size_t handshaking() const { return clients_.handshaking(); }
  std::size_t connected() const { return clients_.up(); }

 private:
  struct Deadline {
    base::Instant at;
    PeerId client;
    std::uint64_t number;
    bool operator>(const Deadline& other) const { return at > other.at; }
  };
  // The TLS of now, also for the rekeys of sessions from before a reload.
  class CurrentTls final : public crypto::TlsFactory {
   public:
    explicit CurrentTls(std::unique_ptr<crypto::TlsFactory> tls) : tls_(std::move(tls)) {}
    void use(std::unique_ptr<crypto::TlsFactory> tls) {
      tls_ = std::move(tls);
      ++number_;
    }
    std::unique_ptr<crypto::TlsEngine> create(base::WallTime now) override {
      return tls_->create(now);
    }
    std::optional<std::string> objection_to(const crypto::CertificateChain& peer,
                                            base::WallTime now) const override {
      return peer.empty() ? std::nullopt : tls_->objection_to(peer, now);
    }
    // Which settings these are; others have another number.
    std::uint64_t number() const { return number_; }

   private:
    std::unique_ptr<crypto::TlsFactory> tls_;
    std::uint64_t number_ = 1;
  };

  std::optional<Inside> handle_data(base::Now now, const Path& path, FirstByte first,
                                    base::MutableBytes packet);
  std::optional<PeerId> client_of_data(const Path& path, FirstByte first, base::Bytes packet) const;
  std::optional<Inside> pass(base::Now now, PeerId id, const Opened& opened);
  // A packet of a client that is in, for which there may be something to say in the log.
  void lose(base::Now now, PeerId id, DropReason reason);
  void handle_control(base::Now now, const Path& path, bool stream, base::MutableBytes packet);
  bool has_room_for(const base::IpAddress& source) const;
  void let_in(base::Now now, const Path& path, bool stream, Listener::Newcomer newcomer);
  void float_to(base::Now now, PeerId id, const Path& path);
  void settle(base::Now now, PeerId id);
  void poll_soon(PeerId id);
  void schedule(PeerId id);
  void remove(base::Now now, PeerId id, const Down& down);
  void release_addresses(PeerId id);
  void note(std::string text) { outputs_.push_back(ServerNote{std::move(text)}); }
  void drop(DropReason reason) { drops_.add(reason); }

  // server_login.cpp
  void on_login(base::Now now, PeerId id, LoginWanted& wanted);
  void judge_password(base::Now now, PeerId id, LoginWanted& wanted);
  void decide(base::Now now, PeerId id);
  void admit_key(base::Now now, PeerId id, const std::string& name);
  void admit_client(base::Now now, PeerId id, const std::string& name);
  std::optional<ClientAddresses> addresses_for(base::Now now, const ServerClient& client,
                                               const ClientConfig* own);
  void refuse(base::Now now, PeerId id, const std::string& reason, const std::string& why);
  void turn_away(base::Now now, PeerId id, base::Duration backoff, const std::string& why);
  void note_refusal(base::Now now, std::string text);
  void end_others(base::Now now, PeerId id);
  base::SecretBytes token_for(base::Now now, ServerClient& client);

  // server_administration.cpp
  std::optional<std::string> objection_to(base::Now now, const ServerClient& client) const;
  std::string label(const ServerClient& client) const;

  std::shared_ptr<const ServerConfig> config_;
  CurrentTls tls_;
  base::Rng& rng_;
  base::SecretBytes cookie_key_;
  std::unique_ptr<Listener> listener_;
  AuthTokenKey token_key_;
  AddressPool pool_;
  InsideRoutes routes_;

  BatchMemory memory_;  // of packets whose session may be over before they are delivered
  ServerClients clients_;
  bool stopping_ = false;

  std::uint64_t next_check_ = 1;
  // Who may knock may not fill the log.
  RateLimit told_refusals_{20, std::chrono::seconds(10)};
  std::uint64_t untold_refusals_ = 0;
  std::deque<PeerId> may_send_;
  std::vector<PeerId> batch_;  // had data packets since batch_done()
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  std::deque<OutgoingPacket> replies_;
  std::deque<ServerOutput> outputs_;
  base::CounterSet<DropReason> drops_;
  std::uint64_t replies_sent_ = 0;
};

}  // namespace sallyport::openvpn
