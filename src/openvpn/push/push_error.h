// Why a connection cannot go on with what the server pushed. The tunnel is torn down, AppVMs stay
// blocked.
#pragma once

#include <string>

namespace sallyport::openvpn {

enum class PushErrorKind {
  kTooLarge,             // more parts or bytes than any honest server sends
  kNotAPushReply,        // the message is something else
  kRejectedByFilter,     // a `pull-filter reject` of the profile matched
  kCipherNotOffered,     // the server chose a cipher that we did not offer
  kUnknownProtocolFlag,  // it switched something on that we did not announce
  kNotUpdatable,         // a PUSH_UPDATE of what cannot change while connected
  kNoUsableAddress,      // it gave the tunnel no address that can be used
};

struct PushError {
  PushErrorKind kind;
  std::string text;  // a sentence, printable and without secrets
};

}  // namespace sallyport::openvpn
