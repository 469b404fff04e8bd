// The other end of the control socket: lines out, lines in, blocking. For commands, never for the
// gateway itself.
#pragma once

#include <string>
#include <string_view>

#include "io/error.h"
#include "io/unique_fd.h"

namespace sallyport::io {

class ControlClient {
 public:
  static Result<ControlClient> connect(const std::string& path);

  Result<void> send(std::string_view line);
  // With a file that is open for reading.
  Result<void> send(std::string_view line, const UniqueFd& file);
  // The next line, without its end.
  Result<std::string> receive();

 private:
  explicit ControlClient(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
  std::string received_;
};

}  // namespace sallyport::io
