// Sealed packets on their way to many clients: a pool that packets are sealed in, laid out as
// trains to one client, so that one system call takes many.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/buffer.h"
#include "openvpn/profile/profile.h"
#include "openvpn/server/path.h"

namespace sallyport::daemon {

class ServerBatch {
 public:
  // Datagrams of `segment_size` end to end, of which the last may be shorter. Over TCP: a stretch
  // of the stream, each packet behind its length.
  struct Train {
    openvpn::Path path;
    base::Bytes bytes;
    std::size_t segment_size = 0;
  };

  // False: send and clear() before the next packet.
  bool has_room() const { return bytes_.size() - end_ >= kLargestPacket; }
  // Space for one packet of at most kLargestPacket bytes.
  base::MutableBytes claim(std::size_t size, openvpn::Transport transport);
  // Keeps what was claimed last, for `path`.
  void commit(const openvpn::Path& path);

  std::span<const Train> trains() const { return trains_; }
  void clear();

 private:
  static constexpr std::size_t kLargestPacket = 66 * 1024;
  static constexpr std::size_t kCapacity = 1024 * 1024;

  bool extends(const Train& last, const openvpn::Path& path) const;

  base::Buffer bytes_{kCapacity};
  std::size_t end_ = 0;      // of what is committed
  std::size_t claimed_ = 0;  // of the last claim, its length in a stream included
  bool in_stream_ = false;   // the last claim
  std::vector<Train> trains_;
};

}  // namespace sallyport::daemon
