// A connection to a daemon of this machine, by a Unix stream socket: bytes both ways, never
// waiting.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "io/error.h"
#include "io/send_queue.h"
#include "io/unique_fd.h"

namespace sallyport::io {

class LocalStream {
 public:
  static constexpr std::size_t kMaxUnsent = 64 * 1024;

  // At once: connected, or the reason why not.
  static Result<LocalStream> connect(const std::string& path);

  int fd() const { return fd_.get(); }

  // Sends what the socket takes now, and keeps the rest until flush(). False: the connection is
  // broken, or the other end leaves more than kMaxUnsent bytes unread.
  [[nodiscard]] bool send(base::Bytes bytes);
  bool has_unsent() const { return !unsent_.empty(); }
  [[nodiscard]] bool flush();

  // Reads once into `space`; 0 bytes when there is nothing for now, nothing when the other end is
  // gone.
  std::optional<std::size_t> read(base::MutableBytes space);

 private:
  explicit LocalStream(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
  SendQueue unsent_{kMaxUnsent};
};

}  // namespace sallyport::io
