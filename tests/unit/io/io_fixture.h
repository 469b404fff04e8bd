// What the tests of io need of the machine: a folder, a network, a loop that is waited for.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "io/event_loop.h"
#include "io/unique_fd.h"

namespace sallyport::io {

// A new folder under the system's temporary one, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Writes the file, and gives its path.
  std::string file(std::string_view name, std::string_view content) const;

 private:
  std::string path_;
};

// Moves this program into a network namespace of its own, with a loopback device that is up. False
// when it may not (it is not root): the loopback device is then the machine's.
bool enter_own_network();

// Runs the loop until `condition` holds, for 10 seconds at the most; returns whether it holds.
bool run_until(EventLoop& loop, const std::function<bool()>& condition);

// A socket on 127.0.0.1 at a port that is free; SOCK_STREAM ones listen.
UniqueFd loopback_socket(int type);
std::uint16_t port_of(const UniqueFd& socket);

}  // namespace sallyport::io
