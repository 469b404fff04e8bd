// Why a packet from outside was not used. Counted, never logged one by one: whoever can send us
// packets must not be able to fill a log.
#pragma once

#include <string_view>

namespace sallyport::openvpn {

enum class DropReason {
  kTooShort,            // shorter than its own format
  kTooLong,             // a control message larger than OpenVPN's buffers
  kBadOpcode,           // an opcode that is dead, unknown, or not for this direction
  kBadSession,          // the sender's session id is zero or not the one we talk to
  kNotForUs,            // acknowledges messages of a session that is not ours
  kBadAcks,             // more than eight acknowledgements, or an ACK without any
  kBadKeyId,            // a key that does not exist, or a new one out of turn
  kWrapFailed,          // tls-auth or tls-crypt: the tag is wrong
  kControlReplay,       // tls-auth or tls-crypt: seen before, or too old
  kOutOfWindow,         // a message id beyond the receive window
  kMalformedReset,      // early-negotiation data that does not parse
  kDataNotReady,        // data before the tunnel is up
  kDataAuthentication,  // the data tag is wrong
  kDataReplay,          // a data packet seen before, or too old
  kDataKeyWornOut,      // too many failed decryptions under this key
  kCompressed,          // compressed payload, where that was not agreed on
  kBadCompression,      // compressed payload that does not decompress to a packet of the tunnel
  kNotIp,               // no IP packet inside
  kBatchFull,           // no room left for packets put together or decompressed
  kBadFraming,          // not the compression framing that was agreed
  kBadFragment,         // `fragment`: a piece that fits no packet
  kOcc,                 // an options-check message other than EXIT: not answered
  // At a server's door:
  kRateLimited,  // more resets than connect-freq-initial allows
  kBadCookie,    // the session id given back is not one of ours for this address, or too old
  kNoCookie,     // a client that can't do without state, and force-cookie
  kKeyRefused,   // a tls-crypt-v2 key that the policy refuses
  kServerFull,   // no room for another client
  kUnknownPeer,  // data of no client that is there
  kBadSource,    // from an address inside the tunnel that is not the client's
  kCount,
};

// A short phrase for status and logs, stable enough to grep for: "data authentication failed".
std::string_view describe(DropReason reason);

}  // namespace sallyport::openvpn
