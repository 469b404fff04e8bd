// The door of a server: what becomes of packets from those it does not know (docs/protocol.md, "The
// server's cookies"). Nothing is kept of any of them; a client is a Newcomer when its third packet
// proves its address, over TCP with its first one.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "openvpn/profile/profile.h"
#include "openvpn/rate_limit.h"
#include "openvpn/server/cookie.h"
#include "openvpn/server/key_policy.h"
#include "openvpn/session/control_channel.h"

namespace sallyport::openvpn {

// The wraps in which a server takes clients: tls-crypt-v2, and beside it tls-auth or tls-crypt; or
// one of the others alone.
struct ServerWraps {
  std::optional<TlsCryptV2ServerKey> tls_crypt_v2;
  // Never PlainWrap beside tls-crypt-v2. A TlsAuthWrap's direction is the server's.
  std::optional<std::variant<PlainWrap, TlsAuthWrap, TlsCryptWrap>> other;
};

struct ListenerOptions {
  // tls-crypt-v2 clients before 2.6 cannot bring their key twice; force-cookie sends them away.
  bool force_cookie = false;
  std::uint32_t resets = 100;  // connect-freq-initial
  base::Duration resets_period = std::chrono::seconds(10);
  base::Duration hand_window = std::chrono::seconds(60);
};

class Listener {
 public:
  // `wraps`, `policy` and `rng` outlive the listener. `cookie_key`: CookieJar::kKeySize bytes.
  Listener(const ServerWraps& wraps, const KeyPolicy& policy, const ListenerOptions& options,
           base::Bytes cookie_key, base::Rng& rng);

  struct Reply {
    std::vector<std::uint8_t> packet;
  };
  struct Newcomer {
    AcceptedClient client;
    ControlHeader header;
    ControlBody body;  // borrowed from the packet
    std::optional<UnwrappedClientKey> key;
  };
  using Outcome = std::variant<DropReason, Reply, Newcomer>;

  // A control packet over UDP of a session id that is not known at `path`.
  Outcome handle_datagram(base::Now now, const Path& path, base::MutableBytes packet);
  // The first packet of a TCP connection.
  Outcome handle_stream(base::Now now, base::MutableBytes packet);

  // Refused keys, each told once: a sentence.
  std::optional<std::string> poll_refusal();

 private:
  // A packet out of its wrap.
  struct Unwrapped {
    ControlWrapper wrapper;
    std::optional<StaticKey> wrap_key;
    std::optional<UnwrappedClientKey> key;
    ControlBody body;
  };

  std::expected<Unwrapped, DropReason> unwrap(base::Now now, const ControlHeader& header,
                                              base::MutableBytes packet);
  std::expected<Unwrapped, DropReason> unwrap_with_key(base::Now now, const ControlHeader& header,
                                                       base::MutableBytes packet);
  Outcome handle_reset(base::Now now, const Path& path, const ControlHeader& header,
                       base::MutableBytes packet);
  Outcome handle_third(base::Now now, const Path& path, const ControlHeader& header,
                       base::MutableBytes packet);
  Reply reply_to(base::Now now, const ControlHeader& header, SessionId cookie,
                 Unwrapped& unwrapped);
  Newcomer newcomer(base::Now now, const ControlHeader& header, Unwrapped unwrapped,
                    SessionId local, bool after_cookie);
  void note_refusal(const UnwrappedClientKey& key, KeyPolicy::Verdict verdict);

  const ServerWraps& wraps_;
  const KeyPolicy& policy_;
  bool force_cookie_;
  base::Rng& rng_;
  CookieJar cookies_;
  // Of the wrap beside tls-crypt-v2, made once: a key that is loaded costs more than a packet.
  std::optional<ControlWrapper> door_;
  RateLimit resets_;
  std::set<KeyFingerprint> told_;  // at most kMostTold
  std::deque<std::string> refusals_;
};

}  // namespace sallyport::openvpn
