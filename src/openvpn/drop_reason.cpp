#include "openvpn/drop_reason.h"

#include "base/check.h"

namespace sallyport::openvpn {

std::string_view describe(DropReason reason) {
  switch (reason) {
    case DropReason::kTooShort:
      return "packet too short";
    case DropReason::kTooLong:
      return "control message too long";
    case DropReason::kBadOpcode:
      return "unexpected opcode";
    case DropReason::kBadSession:
      return "unknown peer session";
    case DropReason::kNotForUs:
      return "acknowledges another session";
    case DropReason::kBadAcks:
      return "malformed acknowledgements";
    case DropReason::kBadKeyId:
      return "unexpected key id";
    case DropReason::kWrapFailed:
      return "control authentication failed";
    case DropReason::kControlReplay:
      return "control packet replayed";
    case DropReason::kOutOfWindow:
      return "control message outside the window";
    case DropReason::kMalformedReset:
      return "malformed early negotiation";
    case DropReason::kDataNotReady:
      return "data before the tunnel is up";
    case DropReason::kDataAuthentication:
      return "data authentication failed";
    case DropReason::kDataReplay:
      return "data packet replayed";
    case DropReason::kDataKeyWornOut:
      return "data key worn out";
    case DropReason::kCompressed:
      return "compressed payload, which was not agreed on";
    case DropReason::kBadCompression:
      return "malformed or too large compressed payload";
    case DropReason::kNotIp:
      return "no IP packet inside";
    case DropReason::kBatchFull:
      return "more packets at once than there is room for";
    case DropReason::kBadFraming:
      return "unexpected compression framing";
    case DropReason::kBadFragment:
      return "malformed fragment inside the tunnel";
    case DropReason::kOcc:
      return "options-check message";
    case DropReason::kRateLimited:
      return "more resets than are answered";
    case DropReason::kBadCookie:
      return "cookie of another address or time";
    case DropReason::kNoCookie:
      return "client without cookies";
    case DropReason::kKeyRefused:
      return "key refused by policy";
    case DropReason::kServerFull:
      return "server full";
    case DropReason::kUnknownPeer:
      return "unknown peer";
    case DropReason::kBadSource:
      return "source address of somebody else";
    case DropReason::kCount:
      break;
  }
  CHECK(false);
}

}  // namespace sallyport::openvpn
