// A TCP connection towards the uplink, as a stream of bytes with an outgoing queue.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "io/uplink_socket.h"

namespace sallyport::io {

class TcpSocket {
 public:
  // Starts connecting; writable means that it ended, and connection_error() tells how.
  static Result<TcpSocket> connect(const Endpoint& endpoint, const UplinkSocketOptions& options);

  // One that a listener accepted.
  static TcpSocket of(UniqueFd fd) { return TcpSocket(std::move(fd)); }

  int fd() const { return fd_.get(); }

  // Empty once connected; else why not.
  std::string connection_error() const;

  // Sends what the socket takes now and queues the rest, which the caller knows to fit.
  void send(base::Bytes bytes);
  bool has_queued() const { return begin_ < queue_.size(); }
  bool has_room_for(std::size_t size) const { return queue_.size() - begin_ + size <= kQueueLimit; }
  // How much may wait in the kernel before it is sent (TCP_NOTSENT_LOWAT); the socket is writable
  // below half of that. What is sent and not acknowledged does not count.
  void limit_sending(std::size_t bytes);
  // Writes what the socket takes. False when the connection is broken.
  bool flush();

  enum class ReadOutcome { kData, kNothing, kClosed };
  // Reads once into `space`.
  ReadOutcome read(base::MutableBytes space, std::size_t& count);

 private:
  static constexpr std::size_t kQueueLimit = 512 * 1024;

  explicit TcpSocket(UniqueFd fd);
  // Writes what there is room for; as send(2) otherwise.
  ssize_t write(base::Bytes bytes);

  UniqueFd fd_;
  std::vector<std::uint8_t> queue_;
  std::size_t begin_ = 0;  // of what is not written yet
  std::optional<std::size_t> limit_;
};

}  // namespace sallyport::io
