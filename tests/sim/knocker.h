// The packets of a client's start, without a client: its reset, and its third packet for a cookie.
#pragma once

#include <vector>

#include "openvpn/control/control_wrapper.h"
#include "server_world.h"

namespace sallyport::sim {

// Where no client is.
inline const openvpn::Path kStranger{0, base::IpAddress::v4(0xcb0071c8), 5000};

class Knocker {
 public:
  // `first_counter` 0: the one that a client of that wrap begins with.
  explicit Knocker(WrapKind kind, std::uint64_t session = 77, std::uint32_t first_counter = 0);

  std::vector<std::uint8_t> reset(base::Now now, std::uint32_t message = 0);
  // Acknowledges message `ack` of the server whose session id is `cookie`.
  std::vector<std::uint8_t> third(base::Now now, openvpn::SessionId cookie, std::uint32_t ack = 0,
                                  std::uint32_t message = 1, base::Bytes payload = {});
  bool has_key() const { return std::holds_alternative<openvpn::TlsCryptV2Wrap>(wrap_); }

 private:
  openvpn::ControlWrapper make(std::uint32_t counter) const;
  std::vector<std::uint8_t> pack(base::Now now, openvpn::Opcode opcode,
                                 const openvpn::ControlBody& body);

  openvpn::ControlWrap wrap_;
  openvpn::SessionId session_;
  openvpn::ControlWrapper wrapper_;
};

// The session id in the server's answer, which stands in clear.
openvpn::SessionId cookie_in(const openvpn::OutgoingPacket& answer);

// A server with that wrap, and no clients.
ServerWorld::Setup empty_server(WrapKind wrap = WrapKind::kTlsCryptV2);

}  // namespace sallyport::sim
