#include "openvpn/session/down_reason.h"

#include "base/check.h"

namespace sallyport::openvpn {

std::string_view describe(DownReason reason) {
  switch (reason) {
    case DownReason::kStopped:
      return "stopped";
    case DownReason::kResolveFailed:
      return "name not resolved";
    case DownReason::kConnectFailed:
      return "no connection";
    case DownReason::kNoAnswer:
      return "no answer";
    case DownReason::kHandshake:
      return "handshake timed out";
    case DownReason::kCertificate:
      return "certificate refused";
    case DownReason::kTls:
      return "TLS failed";
    case DownReason::kKeyExchange:
      return "key exchange failed";
    case DownReason::kAuthFailed:
      return "login refused";
    case DownReason::kAuthTemporary:
      return "login deferred";
    case DownReason::kTokenExpired:
      return "token expired";
    case DownReason::kPushTimeout:
      return "no push reply";
    case DownReason::kPushRefused:
      return "pushed options refused";
    case DownReason::kRestart:
      return "server asked for a restart";
    case DownReason::kHalt:
      return "server sent HALT";
    case DownReason::kPeerExit:
      return "server left";
    case DownReason::kPeerSilent:
      return "server silent";
    case DownReason::kInactive:
      return "idle";
    case DownReason::kKeysWornOut:
      return "keys worn out";
    case DownReason::kStreamBroken:
      return "stream broken";
    case DownReason::kCount:
      break;
  }
  CHECK(false);
}

}  // namespace sallyport::openvpn
