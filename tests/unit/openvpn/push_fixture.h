// Applies the text of a PUSH_REPLY, as the session does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "openvpn/push/push_options.h"

namespace sallyport::openvpn {

using Pushed = std::expected<PushedConfig, PushError>;

// What a client of the default profile offers.
std::vector<DataCipher> offered_ciphers();

// `options` is what stands behind "PUSH_REPLY,"; it must be a whole reply.
Pushed push(std::string_view options, const PullOptions& pull = {},
            const TunnelOptions& start = {});
// The same with "topology subnet,ifconfig 10.8.0.2 255.255.255.0" in front.
Pushed push_with_address(std::string_view options, const PullOptions& pull = {},
                         const TunnelOptions& start = {});

// What is said of the only option of a reply beside its address.
Ruling ruling_on(std::string_view option);

}  // namespace sallyport::openvpn
