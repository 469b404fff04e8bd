// What a user is asked in order to log in (docs/protocol.md, "Questions").
#pragma once

#include <string>

#include "base/secret.h"

namespace sallyport::openvpn {

struct Question {
  enum class Kind {
    kPassphrase,  // of the private key, before the first attempt
    kUsername,    // auth-user-pass without a file: what it would have on its two lines
    kPassword,
    kStatic,   // static-challenge of the profile, before each login
    kDynamic,  // AUTH_FAILED,CRV1: log in again, with the answer
    kText,     // CR_TEXT: the answer goes to the server that waits for it
  };
  Kind kind = Kind::kStatic;
  std::string text;         // legible
  bool echo = false;        // the answer may be shown while it is typed
  base::SecretBytes state;  // kDynamic: goes back with the answer
  base::SecretBytes username;
};

// A page where the user logs in with a browser; shown, never opened.
struct LoginPage {
  std::string url;  // https
};

}  // namespace sallyport::openvpn
