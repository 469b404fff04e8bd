// Memory for packets that do not lie in the datagram that they came in, since they were put
// together from pieces, or decompressed.
//
// A batch of packets is delivered at its end, when the session that brought them may be over. So
// the owner is who makes the sessions, and the memory of a batch is good until batch_done() was
// called and space() is called again.
#pragma once

#include <optional>

#include "base/buffer.h"
#include "base/check.h"

namespace sallyport::openvpn {

class BatchMemory {
 public:
  static constexpr std::size_t kMaxPacket = 2048;
  // What 32 messages of 64 datagrams each, the most that is received at once, become.
  static constexpr std::size_t kMostPackets = 2048;

  BatchMemory() = default;
  BatchMemory(const BatchMemory&) = delete;
  BatchMemory& operator=(const BatchMemory&) = delete;

  // Room for a packet of kMaxPacket bytes. Empty when the batch has used all there is.
  base::MutableBytes space() {
    if (batch_ended_) used_ = 0;
    batch_ended_ = false;
    if (!buffer_) buffer_.emplace(kMostPackets * kMaxPacket);
    if (buffer_->size() - used_ < kMaxPacket) return {};
    return buffer_->bytes().subspan(used_, kMaxPacket);
  }
  // The first `size` bytes of the last space() are a packet.
  base::MutableBytes keep(std::size_t size) {
    CHECK(buffer_ && size <= kMaxPacket && buffer_->size() - used_ >= size);
    const base::MutableBytes packet = buffer_->bytes().subspan(used_, size);
    used_ += size;
    return packet;
  }
  void batch_done() { batch_ended_ = true; }

 private:
  std::optional<base::Buffer> buffer_;  // most sessions never need it
  std::size_t used_ = 0;
  bool batch_ended_ = false;
};

}  // namespace sallyport::openvpn
