// What both ends of a tunnel do alike: the control channel, the data channel, keys that come and go
// between them, and whether the peer still lives. What to agree on is its owner's: a client's
// Session, a server's ServerSession.
//
// After each handle_* call, and after a batch of data packets, take poll_event() until it is empty,
// then poll_packet(), then ask next_deadline(). After Down there are no more events.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "openvpn/data/data_channel.h"
#include "openvpn/session/control_channel.h"
#include "openvpn/session/down_reason.h"
#include "openvpn/session/silence_watch.h"

namespace sallyport::openvpn {

// KeyActive: for open(), the first time, and add_key() from then on, unless the peer is refused;
// the latter within hand-window. Until then a server's side takes no further key.
using LinkEvent = std::variant<KeyActive, TextReceived, Down>;

class TunnelLink {
 public:
  // `memory` outlives it.
  TunnelLink(Role role, const RekeyOptions& rekey, std::uint32_t replay_window,
             ControlChannel control, BatchMemory& memory, base::Now now);

  ControlChannel& control() { return control_; }
  const ControlChannel& control() const { return control_; }

  // Any packet that is not data.
  std::expected<void, DropReason> handle_control(base::Now now, base::MutableBytes packet);
  // The packet that brought a server's client in.
  std::expected<void, DropReason> handle_first(base::Now now, const ControlHeader& header,
                                               const ControlBody& body);
  void handle_timeout(base::Now now);
  std::optional<base::Instant> next_deadline() const;
  std::optional<std::vector<std::uint8_t>> poll_packet(base::Now now);
  std::optional<LinkEvent> poll_event();

  // Opens the data channel with what was agreed (cipher, digest, peer id, framing, cutting, flags,
  // timers), under the key that is active. False, and Down follows, when it has no data keys.
  bool open(const TunnelOptions& agreed, base::Now now);
  bool is_open() const { return open_; }
  // The timers changed.
  void keep_alive_by(const TunnelOptions& agreed);
  // From now on a peer that answers nothing for some seconds, not even when asked, is gone. Only
  // for one that is known to answer such questions, which it is asked now.
  void watch_for_silence();
  // A rekey is done and the peer may go on.
  bool add_key(const KeyActive& active, base::Now now);

  // The packet path. Between two calls of data_batch_done() any number of packets are sealed and
  // opened.
  bool ready() const { return data_.ready(); }
  // See DataChannel: its seal(), its rooms, and its way to cut packets.
  SealRoom seal_room() const { return data_.seal_room(); }
  DataChannel& data() { return data_; }
  std::expected<void, SealError> seal(base::MutableBytes buffer, std::size_t packet_size);
  std::expected<Opened, DropReason> open(base::MutableBytes datagram);
  void data_batch_done(base::Now now);

  // A packet of our own through the data channel: a ping, an exit notice.
  void queue_data(base::Bytes plaintext, base::Now now);
  void send_text(base::Now now, std::string text);
  void start_rekey(base::Now now);
  // Nothing of ours waits to be sent or acknowledged.
  bool idle() const { return control_.idle() && data_packets_.empty(); }

 private:
  // Of TunnelOptions, what is looked at all the time.
  struct Liveness {
    base::Duration ping{0};
    base::Duration ping_restart{0};
    base::Duration inactive{0};
    std::uint64_t inactive_bytes = 0;
    base::Duration session_timeout{0};
  };

  void take_control_events(base::Now now);
  void hand_out(const KeyActive& active, base::Now now);
  bool add_data_key(KeyId id, base::Instant seal_from);
  void keep_alive(base::Now now);
  void check_key_usage(base::Now now);
  void ask_or_give_up(base::Now now);
  void go_down(DownReason reason, std::string text);
  std::string peer_name() const { return role_ == Role::kClient ? "the server" : "the client"; }

  Role role_;
  RekeyOptions rekey_;
  base::Instant started_;
  ControlChannel control_;
  DataChannel data_;
  bool open_ = false;
  bool down_ = false;
  bool by_exporter_ = false;
  Liveness liveness_;
  std::optional<SilenceWatch> silence_;

  std::optional<base::Instant> old_key_dies_;
  KeyId old_key_;
  KeyId current_key_;                          // of the data channel
  KeyId active_key_;                           // of the control channel
  std::optional<base::Instant> judged_since_;  // a rekey that waits for add_key()

  base::Instant last_received_;
  base::Instant last_sent_;
  base::Instant last_active_;  // packets, not pings
  std::uint64_t active_bytes_ = 0;
  bool received_in_batch_ = false;
  std::size_t sent_in_batch_ = 0;  // bytes, sealed
  bool peer_exit_in_batch_ = false;

  std::deque<std::vector<std::uint8_t>> data_packets_;  // ours: pings, exit notices
  std::deque<LinkEvent> events_;
};

}  // namespace sallyport::openvpn
