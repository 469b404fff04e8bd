// The outer protection of control packets: none, tls-auth (an HMAC) or tls-crypt (encrypted as
// well; tls-crypt-v2 is tls-crypt with the client's own key). Stateless observers cannot make us
// parse TLS without the key.
//   tls-auth:  header(9) | HMAC | counter(4) time(4) | body
//   tls-crypt: header(9) | counter(4) time(4) | tag(32) | encrypted body
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <variant>
#include <vector>

#include "base/time.h"
#include "crypto/hmac.h"
#include "openvpn/control/replay_window.h"
#include "openvpn/drop_reason.h"
#include "openvpn/wire/control_packet.h"
#include "openvpn/wire/role.h"
#include "openvpn/wire/static_key.h"

namespace sallyport::openvpn {

// The long packet id that protected control packets carry: the counter goes up with every packet
// that leaves, retransmissions included; the time is when the counter started, so that an end that
// starts anew, or whose counter begins again, is not taken for a replay.
struct ControlPacketId {
  std::uint32_t counter;
  std::uint32_t time;
};

// Checks long packet ids: a later time starts a new sequence, an earlier one is refused.
class ControlReplayFilter {
 public:
  bool is_fresh(ControlPacketId id) const;
  void commit(ControlPacketId id);
  void reset();

 private:
  static constexpr std::uint32_t kWindow = 256;
  std::uint32_t time_ = 0;
  ReplayWindow window_{kWindow};
};

class ControlWrapper {
 public:
  static ControlWrapper plain();
  // Without a direction both ends use the first slot both ways.
  static ControlWrapper tls_auth(const StaticKey& key, std::optional<KeyDirection> direction,
                                 crypto::Digest digest);
  // Clients send with the second slot, servers with the first. `first_counter` is 1, or
  // kEarlyNegotiationStart.
  static ControlWrapper tls_crypt(const StaticKey& key, Role role, std::uint32_t first_counter);

  // The packet as it goes out, under a packet id never used before.
  std::vector<std::uint8_t> wrap(base::Now now, const ControlHeader& header, base::Bytes body);

  // Authenticates `packet` (whose header has been parsed already), decrypts it in place, refuses
  // replays, and returns its body, borrowed from `packet`.
  std::expected<base::Bytes, DropReason> unwrap(base::MutableBytes packet);

  // As unwrap(), at a door where every packet may be somebody's first: none is a replay.
  std::expected<base::Bytes, DropReason> unwrap_first(base::MutableBytes packet);
  // Goes on as the peer's own after `door`, with the same keys, unwrapped its first packet.
  void go_on_from(const ControlWrapper& door) { replay_ = door.replay_; }

  // A packet went out that this wrapper does not know of, under the id that was next.
  void skip_packet_id(base::Now now) { next_packet_id(now); }

  // What wrap() adds to header and body.
  std::size_t overhead() const;

 private:
  struct Plain {};
  struct TlsAuth {
    crypto::Hmac send, receive;
  };
  struct TlsCrypt {
    crypto::Hmac send_mac, receive_mac;
    base::SecretArray<32> send_cipher, receive_cipher;
  };
  using Mode = std::variant<Plain, TlsAuth, TlsCrypt>;

  ControlWrapper(Mode mode, std::uint32_t first_counter)
      : mode_(std::move(mode)), next_counter_(first_counter) {}

  std::array<std::uint8_t, 8> next_packet_id(base::Now now);
  std::expected<base::Bytes, DropReason> unwrap_tls_auth(TlsAuth& mode, base::MutableBytes packet);
  std::expected<base::Bytes, DropReason> unwrap_tls_crypt(TlsCrypt& mode,
                                                          base::MutableBytes packet);
  std::expected<void, DropReason> check_replay(base::Bytes packet_id);

  Mode mode_;
  std::uint32_t next_counter_;  // 0: none is left under this time
  std::optional<std::uint32_t> start_time_;
  ControlReplayFilter replay_;
};

}  // namespace sallyport::openvpn
