// HTTP's digest login (RFC 7616, and RFC 2617 for proxies that know no `qop`).
#pragma once

#include <optional>
#include <string_view>

#include "base/rng.h"
#include "base/secret.h"
#include "openvpn/proxy/proxy_options.h"

namespace sallyport::openvpn {

// The value of Proxy-Authorization that answers `challenge`, the value of Proxy-Authenticate behind
// "Digest ", for a CONNECT to `uri`. Empty when the challenge asks for what is not known here, or
// cannot be quoted back.
std::optional<base::SecretBytes> answer_digest(std::string_view challenge,
                                               const ProxyOptions& options, std::string_view uri,
                                               base::Rng& rng);

}  // namespace sallyport::openvpn
