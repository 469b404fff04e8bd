// The host of a `remote` line: a literal address, or a name that a resolver may be asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::openvpn {

// What is wrong with `host`; a clause. Empty: it is an IPv4 or IPv6 address, or a host name: labels
// of 1 to 63 letters, digits, - and _ (RFC 1035; placeholders and real servers have underscores),
// 253 in all. What only inet_aton() takes for an address ("10.1", "0x7f.1") is refused, since two
// readers would take it for two different hosts.
std::optional<std::string> objection_to_remote_host(std::string_view host);

}  // namespace sallyport::openvpn
