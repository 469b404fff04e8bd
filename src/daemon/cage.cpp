#include "daemon/cage.h"

#include <algorithm>
#include <ctime>

#include "io/privileges.h"
#include "io/syscall_filter.h"

namespace sallyport::daemon {

std::expected<Cage, std::string> enter_cage(const RunOptions& options) {
  // Read now what the C library would read at the first need.
  ::tzset();
  const bool vchans = options.qubesdb == "vchan" ||
                      std::ranges::any_of(options.downstreams, [](const std::string& spec) {
                        return spec.starts_with("vchan:");
                      });
  const auto locked = io::lock_memory();
  if (!locked) return std::unexpected(locked.error().text);
  if (auto user = io::become_user(options.user); !user) return std::unexpected(user.error().text);
  // After the change of user, which would allow them again.
  if (auto hidden = io::forbid_dumps(); !hidden) return std::unexpected(hidden.error().text);
  const auto files = vchans ? io::OpeningFiles::kDevices : io::OpeningFiles::kNever;
  if (auto filter = io::restrict_syscalls(files); !filter) {
    return std::unexpected(filter.error().text);
  }
  return Cage{.memory_is_locked = *locked};
}

}  // namespace sallyport::daemon
