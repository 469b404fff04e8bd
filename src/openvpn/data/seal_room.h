// How much stands around a packet once it is sealed.
#pragma once

#include <cstddef>

namespace sallyport::openvpn {

// A sealed packet is `front` bytes, the packet, and `back` bytes with the padding behind them.
struct SealRoom {
  std::size_t front = 0;
  std::size_t back = 0;
  // For ciphers that work on blocks: the size of one, and how many of the bytes in front and behind
  // are encrypted with the packet. 0: there is no padding.
  std::size_t block = 0;
  std::size_t encrypted = 0;

  // At least one byte, at most a block (PKCS #7).
  std::size_t padding(std::size_t packet) const {
    return block == 0 ? 0 : block - (encrypted + packet) % block;
  }
  std::size_t sealed_size(std::size_t packet) const {
    return front + packet + back + padding(packet);
  }
  // The largest packet that is no longer than `sealed` when it is; 0 when there is none.
  std::size_t largest_packet(std::size_t sealed) const {
    std::size_t content = sealed;
    std::size_t around = front + back;
    if (block != 0) {
      const std::size_t clear = around - encrypted;
      const std::size_t blocks = sealed > clear ? (sealed - clear) / block : 0;
      content = blocks * block;
      around = encrypted + 1;
    }
    return content > around ? content - around : 0;
  }
};

}  // namespace sallyport::openvpn
