// Why a connection ended, or was never made.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "openvpn/push/control_message.h"

namespace sallyport::openvpn {

enum class DownReason {
  kStopped,        // by us: stop, reload, another profile
  kResolveFailed,  // no address for the server's name
  kConnectFailed,  // TCP refused, or no route
  kNoAnswer,       // nothing that we could take for the server's
  kWrapRejected,   // it does not take our packets, or we not its, for another wrap or key
  kHandshake,      // it answered, but the handshake did not finish in time
  kCertificate,    // we refuse its certificate
  kTlsAlert,       // it refuses us in the TLS handshake
  kTls,            // TLS failed otherwise
  kKeyExchange,    // malformed key exchange, or another certificate in a rekey
  kAuthFailed,     // it refuses our login
  kQuestion,       // a login needs an answer of the user
  kAuthTemporary,  // it asks us to come back later
  kTokenExpired,   // it no longer takes the token it gave us
  kPushTimeout,    // no PUSH_REPLY
  kCipher,         // no cipher of the data channel in common
  kPushRefused,    // PUSH_REPLY asks for what we don't do: flags, addresses, a pull-filter
  kRestart,        // it asked us to reconnect
  kHalt,           // it told us to stay away
  kPeerExit,       // it said goodbye
  kPeerSilent,     // ping-restart: nothing came for too long
  kInactive,       // inactive, session-timeout
  kKeysWornOut,    // no packet ids left and no new key
  kStreamBroken,   // TCP: closed or out of step
  kCount,
};

// A word or two for status and logs: "no answer".
std::string_view describe(DownReason reason);
// What a user can look at or try; empty where the reason says it all.
std::string_view hint_for(DownReason reason);

struct Down {
  DownReason reason = DownReason::kStopped;
  std::string
      text;  // a sentence with the details; never a secret, and what the peer said is escaped
  // AUTH_FAILED,TEMP and RESTART may say how to come back.
  base::Duration backoff{0};
  Advance advance = Advance::kUnsaid;
};

}  // namespace sallyport::openvpn
