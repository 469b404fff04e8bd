#include "io/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace sallyport::io {

Result<FolderWatch> FolderWatch::make() {
  UniqueFd fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fd.valid()) return system_error("cannot watch folders");
  return FolderWatch(std::move(fd));
}

bool FolderWatch::add(const std::string& folder) {
  constexpr std::uint32_t kChanges = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE |
                                     IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF |
                                     IN_MOVE_SELF;
  return ::inotify_add_watch(fd_.get(), folder.c_str(), kChanges | IN_ONLYDIR) >= 0;
}

void FolderWatch::wait(const UniqueFd& other, int milliseconds) {
  std::array<pollfd, 2> waiting{pollfd{fd_.get(), POLLIN, 0}, pollfd{other.get(), POLLIN, 0}};
  ::poll(waiting.data(), waiting.size(), milliseconds);
  // What changed is looked at as a whole; that something did is enough.
  std::array<char, 4096> events;
  while (::read(fd_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace sallyport::io
