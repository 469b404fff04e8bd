// The stateless start of OpenVPN 2.6 (docs/protocol.md, "Early negotiation"): a client whose first
// replay counter is 0x0f000001 shows that it understands early negotiation; the server's reset may
// then carry TLVs that ask something of it.
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include "base/bytes.h"
#include "openvpn/drop_reason.h"

namespace sallyport::openvpn {

// Where a client's replay counter starts with tls-crypt-v2. The top byte 0x0f is the sign; the
// counter just goes on.
inline constexpr std::uint32_t kEarlyNegotiationStart = 0x0f000001;
constexpr bool shows_early_negotiation(std::uint32_t replay_counter) {
  return (replay_counter & 0xff000000) == 0x0f000000;
}

// The payload of a server's reset that asks for the wrapped key in message 1.
inline constexpr std::array<std::uint8_t, 6> kAskForWrappedKey{0, 1, 0, 2, 0, 1};

struct EarlyNegotiation {
  // The server forgets the first packet: message 1 must bring the wrapped client key again, as
  // CONTROL_WKC_V1.
  bool resend_wrapped_key = false;

  // The payload of HARD_RESET_SERVER_V2: type(2) length(2) value, repeated. Unknown types and
  // unknown flag bits are skipped; a cut TLV or flags of another length than 2 fail the attempt.
  static std::expected<EarlyNegotiation, DropReason> parse(base::Bytes payload);
};

}  // namespace sallyport::openvpn
