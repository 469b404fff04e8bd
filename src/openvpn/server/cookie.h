// Session ids that prove where a client is (docs/protocol.md, "The server's cookies"). The id in a
// server's reset is a MAC over the time, the client's address and the client's own session id; a
// client that gives it back has received it. So a server keeps nothing of a client until then, and
// a flood under false addresses leaves no trace.
#pragma once

#include "base/rng.h"
#include "base/time.h"
#include "crypto/hmac.h"
#include "openvpn/server/path.h"
#include "openvpn/wire/ids.h"

namespace sallyport::openvpn {

class CookieJar {
 public:
  static constexpr std::size_t kKeySize = 32;

  // Cookies are good for one to one and a half `hand_window`. Servers that share `key` (kKeySize
  // bytes) and the clock take each other's.
  CookieJar(base::Bytes key, base::Duration hand_window);

  SessionId make(base::Instant now, const Path& path, SessionId client);
  // Of this time slot or the two before; never of one to come.
  bool is_good(base::Instant now, const Path& path, SessionId client, SessionId cookie);

 private:
  SessionId of_slot(std::uint64_t slot, const Path& path, SessionId client);
  std::uint64_t slot_at(base::Instant now) const;

  crypto::Hmac mac_;
  base::Duration slot_length_;
};

}  // namespace sallyport::openvpn
