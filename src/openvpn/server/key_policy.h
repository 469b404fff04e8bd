// Which tls-crypt-v2 clients a server takes, by what it once wrote into their keys: how old the key
// is, whose it is, and whether it was revoked since. OpenVPN asks a script; this is a table.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "openvpn/wire/key_metadata.h"
#include "openvpn/wire/tls_crypt_v2_key.h"

namespace sallyport::openvpn {

struct KeyPolicy {
  std::optional<base::Duration> max_age;
  // User metadata, as text. An empty list of allowed ones allows all.
  std::set<std::string, std::less<>> allowed;
  std::set<std::string, std::less<>> denied;
  std::set<KeyFingerprint> revoked;

  enum class Verdict { kGood, kTooOld, kNoTimestamp, kNotAllowed, kDenied, kRevoked };
  Verdict judge(const UnwrappedClientKey& key, base::WallTime now) const;
};

// A clause: "the key is older than tls-crypt-v2-max-age".
std::string_view describe(KeyPolicy::Verdict verdict);

}  // namespace sallyport::openvpn
