// Base64 as servers send it in control messages: names and challenge states, which may be secret.
#pragma once

#include <optional>
#include <string_view>

#include "base/secret.h"

namespace sallyport::openvpn {

// The standard alphabet with its padding (RFC 4648, section 4), no line ends. Empty for anything
// else, also for bits behind the last whole byte that are not zero.
std::optional<base::SecretBytes> decode_base64(std::string_view text);
base::SecretBytes encode_base64(base::Bytes bytes);

}  // namespace sallyport::openvpn
