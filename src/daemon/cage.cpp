#include "daemon/cage.h"

#include <ctime>

#include "daemon/log.h"
#include "io/privileges.h"

namespace sallyport::daemon {

std::expected<void, std::string> enter_cage(const std::string& user, io::OpeningFiles files) {
  // Read now what the C library would read at the first need.
  ::tzset();
  const auto locked = io::lock_memory();
  if (!locked) return std::unexpected(locked.error().text);
  // A limit that we may not lift is in the way.
  if (!*locked) {
    log("memory is not locked, so it may be swapped out: the limit on locked memory is not "
        "infinity");
  }
  if (auto became = io::become_user(user); !became) return std::unexpected(became.error().text);
  // After the change of user, which would allow them again.
  if (auto hidden = io::forbid_dumps(); !hidden) return std::unexpected(hidden.error().text);
  if (auto filter = io::restrict_syscalls(files); !filter) {
    return std::unexpected(filter.error().text);
  }
  return {};
}

}  // namespace sallyport::daemon
