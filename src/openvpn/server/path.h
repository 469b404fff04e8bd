// Where packets of a client come from and go to.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/ip_address.h"

namespace sallyport::openvpn {

struct Path {
  // Of the caller's choosing: one number for each UDP socket, one for each TCP connection, never
  // used again.
  std::uint32_t socket = 0;
  // The client's, as the network shows it.
  base::IpAddress address;
  std::uint16_t port = 0;

  friend auto operator<=>(const Path&, const Path&) = default;
  std::string to_string() const {
    const std::string text = address.to_string();
    return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
  }
};

}  // namespace sallyport::openvpn
