// A password of a client's that somebody has to compare, which takes its time.
#pragma once

#include <cstdint>

#include "base/ip_address.h"
#include "base/secret.h"
#include "openvpn/server/user_list.h"
#include "openvpn/wire/ids.h"

namespace sallyport::openvpn {

struct PasswordCheck {
  PeerId client;
  std::uint64_t number = 0;  // of this check
  base::IpAddress source{};  // where the client's packets come from
  bool rekey = false;        // of a client that is in
  PasswordHash hash{};
  base::SecretBytes password{};
};

}  // namespace sallyport::openvpn
