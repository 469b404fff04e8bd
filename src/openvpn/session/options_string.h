// The options string (OCC) that both ends send in their key-method-2 message (docs/protocol.md,
// "Options string"). OpenVPN only compares and warns, with two uses left: an old server may take
// the client's cipher from it, and a client that is pushed no cipher takes the server's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "openvpn/profile/profile.h"

namespace sallyport::openvpn {

// What a 2.6 client with this profile would send.
std::string options_string(const Profile& profile, const Remote& remote);

// The value of the `cipher` item of a peer's string.
std::optional<std::string_view> cipher_of_options(std::string_view options);

// Whether that peer was set up with compression, or with the framing of one: 2.x says "comp-lzo"
// for all of them.
bool options_say_compression(std::string_view options);

}  // namespace sallyport::openvpn
