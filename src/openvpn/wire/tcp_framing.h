// OpenVPN over TCP: each packet behind its length in two bytes (docs/protocol.md, "Packets"). The
// stream is never resynchronised: an impossible length ends the connection.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/buffer.h"

namespace sallyport::openvpn {

inline constexpr std::size_t kTcpLengthSize = 2;

// A packet of at most 65535 bytes as it stands in the stream, for what is not sealed in its place.
std::vector<std::uint8_t> framed_for_stream(base::Bytes packet);

// Cuts packets out of a byte stream that arrives in pieces of any size. It owns one buffer, which
// read calls fill and packets are decrypted in.
class TcpDeframer {
 public:
  // `packet_limit`: longer packets are a protocol error. The buffer holds some of them at once.
  explicit TcpDeframer(std::size_t packet_limit);

  // Where to put bytes from the socket; never empty after next() has returned nothing. Invalidates
  // packets handed out.
  base::MutableBytes free_space();
  void filled(std::size_t count);

  enum class Error { kBadLength };
  // The next whole packet, valid until free_space() is called; nothing when more bytes are needed.
  // After an error there is no next packet.
  std::expected<std::optional<base::MutableBytes>, Error> next();

 private:
  std::size_t packet_limit_;
  base::Buffer buffer_;
  std::size_t begin_ = 0;  // of what is not handed out yet
  std::size_t end_ = 0;    // of what has been received
};

}  // namespace sallyport::openvpn
