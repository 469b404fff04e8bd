// Sealed datagrams on their way to many clients: a pool that packets are sealed in, laid out as
// trains of equal datagrams to one client, so that one system call takes many.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "openvpn/server/path.h"

namespace sallyport::daemon {

class ServerBatch {
 public:
  struct Train {
    openvpn::Path path;
    base::Bytes bytes;
    std::size_t segment_size = 0;
  };

  // False: send and clear() before the next packet.
  bool has_room() const { return bytes_.size() - end_ >= kLargestPacket; }
  // Space for one packet of at most kLargestPacket bytes.
  base::MutableBytes claim(std::size_t size) { return bytes_.bytes().subspan(end_, size); }
  // Keeps what was claimed last, for `path`.
  void commit(const openvpn::Path& path, std::size_t size);

  std::span<const Train> trains() const { return trains_; }
  void clear();

 private:
  static constexpr std::size_t kLargestPacket = 66 * 1024;
  static constexpr std::size_t kCapacity = 1024 * 1024;

  base::Buffer bytes_{kCapacity};
  std::size_t end_ = 0;
  std::vector<Train> trains_;
};

}  // namespace sallyport::daemon
