// A server for the simulation: enough of one to lead a client through everything it must cope with.
// Scripted, not a product: one client, no pool, and it misbehaves when told to.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "openvpn/control/control_wrapper.h"
#include "openvpn/data/data_channel.h"
#include "openvpn/profile/profile.h"
#include "openvpn/session/key_session.h"

namespace sallyport::sim {

class ScriptedServer {
 public:
  struct Script {
    bool cookies =
        false;  // keep no state until the third packet; needs the key again under tls-crypt-v2
    std::string push =
        "PUSH_REPLY,ifconfig 10.8.0.2 255.255.255.0,topology subnet,peer-id 7,cipher "
        "AES-256-GCM,tun-mtu 1500";
    bool push_unasked = true;
    bool exporter = false;  // data keys by EKM; `push` must say so
    bool dynamic_tls_crypt = false;
    base::Duration rekey_every{0};
    bool silent = false;     // answers nothing any more
    std::string on_login{};  // sent instead of `push`: "AUTH_FAILED"
    std::string options =
        "V4,dev-type tun,link-mtu 1541,tun-mtu 1500,proto UDPv4,auth SHA1,keysize 128,key-method "
        "2,tls-server";
    // As SoftEther 5.02: the cipher is what the client's options string names, and else
    // AES-128-CBC; `suite` and `options` become that.
    bool cipher_of_client = false;
    // Of its data channel, whatever it says.
    openvpn::DataSuite suite{};
    openvpn::PeerId peer_id{7};
    openvpn::CompressionFraming framing{};
    std::size_t fragment = 0;

    static Script pushing(std::string push) {
      Script script;
      script.push = std::move(push);
      return script;
    }
  };

  // `wrap` is the client's; `server_key` unwraps tls-crypt-v2 keys. All outlive the server.
  ScriptedServer(Script script, const openvpn::ControlWrap& wrap,
                 const openvpn::TlsCryptV2ServerKey* server_key, crypto::TlsFactory& tls,
                 base::Rng& rng);

  void handle_packet(base::Now now, std::vector<std::uint8_t> packet);
  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;
  std::optional<std::vector<std::uint8_t>> poll_packet(base::Now now);

  Script& script() { return script_; }
  bool connected() const { return data_.has_value() && data_->ready(); }
  // Sends an application message, once the current key is active.
  void send_text(const std::string& text) { texts_.push_back(text); }
  void start_rekey(base::Now now);
  // Sends any body in a well wrapped control packet.
  void send_control(base::Now now, openvpn::Opcode opcode, openvpn::KeyId key_id, base::Bytes body);
  // Sends a data packet, in pieces with `fragment`.
  void send_data(std::string_view plain);

  // What came out of the tunnel, in order. Pings are not kept.
  std::vector<std::string> received;
  // Texts of the client: PUSH_REQUEST, EXIT.
  std::vector<std::string> texts_received;
  unsigned keys_made = 0;
  unsigned stateless_replies = 0;
  std::optional<std::string> client_username, client_password, client_peer_info;

 private:
  struct Peer {
    openvpn::SessionId local, remote;
    openvpn::ControlWrapper original;
    std::optional<openvpn::ControlWrapper> dynamic;  // of all keys but the first
    openvpn::KeySession key;
    bool active_noted = false;
    base::Instant active_since{};
  };

  openvpn::ControlWrapper make_wrapper() const;
  const openvpn::StaticKey* wrap_key() const;
  std::optional<std::vector<std::uint8_t>> strip_wrapped_key(
      std::vector<std::uint8_t>& packet) const;
  void handle_control(base::Now now, std::vector<std::uint8_t> packet);
  void handle_first(base::Now now, const openvpn::ControlHeader& header,
                    std::vector<std::uint8_t> packet);
  void reply_stateless(base::Now now, const openvpn::ControlHeader& header);
  openvpn::SessionId cookie(openvpn::SessionId client) const;
  void create_peer(base::Now now, openvpn::SessionId client, openvpn::ControlWrapper wrapper);
  void deliver(base::Now now, const openvpn::ControlHeader& header,
               const openvpn::ControlBody& body);
  void begin_key(openvpn::KeyId id, base::Now now);
  void advance(base::Now now);
  void note_active(base::Now now);
  void take_cipher_of_client();
  void arm_dynamic();
  void seal(base::Bytes plain);
  openvpn::StaticKey data_keys();
  openvpn::ControlWrapper& wrapper(openvpn::KeyId id) {
    return peer_->dynamic && id != openvpn::KeyId{} ? *peer_->dynamic : peer_->original;
  }

  Script script_;
  const openvpn::ControlWrap& wrap_;
  const openvpn::TlsCryptV2ServerKey* server_key_;
  crypto::TlsFactory& tls_;
  base::Rng& rng_;
  std::uint64_t cookie_secret_;
  std::unique_ptr<Peer> peer_;
  openvpn::BatchMemory memory_;
  std::optional<openvpn::DataChannel> data_;
  std::deque<std::string> texts_;
  bool pushed_ = false;
  std::deque<std::vector<std::uint8_t>> out_;
};

}  // namespace sallyport::sim
