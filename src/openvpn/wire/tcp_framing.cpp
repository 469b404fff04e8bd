#include "openvpn/wire/tcp_framing.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"

namespace sallyport::openvpn {
namespace {

// Large reads keep system calls few; one read may bring this many bytes of whole and partial
// packets.
constexpr std::size_t kReadAhead = 64 * 1024;

}  // namespace

std::vector<std::uint8_t> framed_for_stream(base::Bytes packet) {
  std::vector<std::uint8_t> framed(kTcpLengthSize + packet.size());
  base::store_u16(framed, 0, static_cast<std::uint16_t>(packet.size()));
  base::copy_bytes(packet, base::MutableBytes(framed).subspan(kTcpLengthSize));
  return framed;
}

TcpDeframer::TcpDeframer(std::size_t packet_limit)
    : packet_limit_(packet_limit), buffer_(kTcpLengthSize + packet_limit + kReadAhead) {}

base::MutableBytes TcpDeframer::free_space() {
  const base::MutableBytes held = buffer_.bytes().subspan(begin_, end_ - begin_);
  std::ranges::move(held, buffer_.bytes().begin());
  end_ -= begin_;
  begin_ = 0;
  return buffer_.bytes().subspan(end_);
}

void TcpDeframer::filled(std::size_t count) {
  CHECK(count <= buffer_.size() - end_);
  end_ += count;
}

std::expected<std::optional<base::MutableBytes>, TcpDeframer::Error> TcpDeframer::next() {
  const base::MutableBytes held = buffer_.bytes().subspan(begin_, end_ - begin_);
  if (held.size() < kTcpLengthSize) return std::nullopt;
  const std::size_t length = base::load_u16(held, 0);
  if (length == 0 || length > packet_limit_) return std::unexpected(Error::kBadLength);
  if (held.size() < kTcpLengthSize + length) return std::nullopt;
  begin_ += kTcpLengthSize + length;
  return held.subspan(kTcpLengthSize, length);
}

}  // namespace sallyport::openvpn
