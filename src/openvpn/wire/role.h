#pragma once

namespace sallyport::openvpn {

// Which end of the TLS session we are. It stays so in rekeys, whoever starts them.
enum class Role { kClient, kServer };

}  // namespace sallyport::openvpn
