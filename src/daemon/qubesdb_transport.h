// The stream of bytes that a QubesDB is spoken over: the local daemon's socket, or a vchan to dom0.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "daemon/qubesdb_source.h"

namespace sallyport::daemon {

class QubesDbTransport {
 public:
  virtual ~QubesDbTransport() = default;

  // The error is a sentence.
  static std::expected<std::unique_ptr<QubesDbTransport>, std::string> open(
      const QubesDbSource& source);

  // Readable when there is something to read, or nobody any more; take_event() comes first.
  virtual int fd() const = 0;
  virtual void take_event() = 0;
  // At most space.size() bytes; 0 when there is nothing for now, nothing when the other end is
  // gone.
  virtual std::optional<std::size_t> read(base::MutableBytes space) = 0;

  // Sends now what can be sent, and the rest with flush(). False when the other end is gone, or
  // does not read.
  [[nodiscard]] virtual bool send(base::Bytes bytes) = 0;
  virtual bool has_unsent() const = 0;
  [[nodiscard]] virtual bool flush() = 0;
};

}  // namespace sallyport::daemon
