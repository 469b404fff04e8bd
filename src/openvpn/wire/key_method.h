// Key method 2: the first message each end sends inside TLS, once per TLS session
// (docs/protocol.md, "Key exchange").
//   u32 0 | u8 2 | [client: pre_master(48)] | random1(32) | random2(32)
//   | S options | S username | S password | S peer_info
//   S = u16 length | text with a NUL as its last byte; length 0 is the empty string
#pragma once

#include <expected>
#include <string>

#include "base/rng.h"
#include "base/secret.h"
#include "openvpn/wire/role.h"

namespace sallyport::openvpn {

// One end's contribution to the data keys. Only the client's has a pre_master.
struct KeySource {
  base::SecretArray<48> pre_master;
  base::SecretArray<32> random1;
  base::SecretArray<32> random2;

  static KeySource random(base::Rng& rng);
};

struct KeyMethodMessage {
  KeySource source;
  std::string options;
  base::SecretBytes username;
  base::SecretBytes password;
  std::string peer_info;

  base::SecretBytes serialize(Role sender) const;

  enum class ParseError {
    kIncomplete,  // more bytes may make it whole
    kMalformed,
  };
  // `message` is what one or more whole TLS records brought: strings that end with it count as
  // empty, since old servers leave out all that follow the options.
  static std::expected<KeyMethodMessage, ParseError> parse(Role sender, base::Bytes message);

  // Total size we accept; OpenVPN 2.x keeps within 2048, others send long peer information.
  static constexpr std::size_t kMaximumSize = 16 * 1024;
};

}  // namespace sallyport::openvpn
