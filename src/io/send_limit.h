// How much may wait in front of the uplink: what leaves in some milliseconds, however fast or slow
// the uplink is. A queue of a fixed size is either too short for a fast one, or seconds long on a
// slow one, and whatever a client asks for then waits behind another's upload.
//
// The speed is measured where it matters, when the socket has taken all that it may: it says when
// half of that has left (poll(2): a UDP socket below half of SO_SNDBUF, a TCP socket below half of
// TCP_NOTSENT_LOWAT).
#pragma once

#include <cstddef>
#include <optional>

#include "base/time.h"

namespace sallyport::io {

class SendLimit {
 public:
  // A full socket is to be empty after this time.
  static constexpr base::Duration kTarget = std::chrono::milliseconds(15);
  // Some datagrams, so that the kernel never waits for us.
  static constexpr std::size_t kLeast = 8 * 1024;
  static constexpr std::size_t kFirst = 64 * 1024;
  // What every kernel grants who has no privileges: twice the least net.core.wmem_max.
  static constexpr std::size_t kMost = std::size_t{2} * 212'992;

  // Bytes that may wait in the socket.
  std::size_t socket() const { return socket_; }
  // Bytes to be prepared at a time: half of it while the uplink is full, so that what was prepared
  // in vain is soon gone.
  std::size_t batch() const { return batch_; }

  // The socket takes no more.
  void full(base::Instant now);
  // It does again, since half has left: socket() may be another.
  void writable(base::Instant now);
  // It took all of a batch of `bytes`.
  void took(base::Instant now, std::size_t bytes);

 private:
  // Without a full socket for so long, larger batches are tried.
  static constexpr base::Duration kCalm = std::chrono::milliseconds(100);
  static constexpr std::size_t kMostBatch = 512 * 1024;

  std::size_t socket_ = kFirst;
  std::size_t batch_ = kFirst / 2;
  std::optional<base::Instant> full_since_;
  std::optional<base::Instant> last_full_;
};

}  // namespace sallyport::io
