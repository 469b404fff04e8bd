// The numbers of the OpenVPN protocol, each with a type of its own.
#pragma once

#include <cstdint>
#include <optional>

#include "base/strong.h"

namespace sallyport::openvpn {

// Names one end's session: 64 random bits, never zero. A rekey keeps it, a hard reset makes a new
// one.
using SessionId = base::Strong<struct SessionIdTag, std::uint64_t>;

// Counts the control messages of one key (not retransmissions), from 0, where the reset is message
// 0.
using MessageId = base::Strong<struct MessageIdTag, std::uint32_t>;

// 24 bits that let a server recognise a client whose address changed; from PUSH_REPLY.
using PeerId = base::Strong<struct PeerIdTag, std::uint32_t>;
// "No peer id" on the wire: what a V2 data packet carries before one is known.
inline constexpr PeerId kNoPeerId{0xffffff};

// Which TLS session, and so which data key, a packet belongs to: 3 bits. 0 is the first session of
// a session-id pair and never used again; rekeys take 1, 2 ... 7, 1, 2 ...
class KeyId : public base::Strong<struct KeyIdTag, std::uint8_t> {
 public:
  constexpr KeyId() = default;
  // From the low three bits of a packet's first byte.
  static constexpr KeyId of_first_byte(std::uint8_t byte) { return KeyId(byte & 7); }
  constexpr KeyId next() const { return KeyId(value() == 7 ? 1 : value() + 1); }

 private:
  constexpr explicit KeyId(int value) : Strong(static_cast<std::uint8_t>(value)) {}
};

}  // namespace sallyport::openvpn
