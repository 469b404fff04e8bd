// What a server's file gets for the options that have no handler: one row for each of those that
// OpenVPN 2.4 to 2.7 knows (docs/protocol.md, "The server's configuration"). They are not the rows
// of profiles: the same option can mean nothing at one end and a door at the other, and a reason is
// written for whoever runs the server.
#pragma once

#include <span>
#include <string_view>

namespace sallyport::openvpn {

struct ServerReason {
  std::string_view name;
  std::string_view reason;  // a clause; of a refused option also what to do
};

// Without effect, where that leaves nobody with more than the file gives him.
std::span<const ServerReason> options_ignored_by_servers();
std::span<const ServerReason> options_refused_by_servers();

}  // namespace sallyport::openvpn
