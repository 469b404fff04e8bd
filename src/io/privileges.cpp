#include "io/privileges.h"

#include <cap-ng.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/local_users.h"

namespace sallyport::io {

Result<void> become_user(const std::string& name) {
  const auto user = local_user(name);
  if (!user) return error("there is no user called " + name);
  if (user->user == 0) return error("the user " + name + " is root");
  ::capng_clear(CAPNG_SELECT_BOTH);
  if (::getuid() == 0) {
    if (::setgroups(user->groups.size(), user->groups.data()) != 0) {
      return system_error("cannot give up root's groups");
    }
    const auto flags = static_cast<capng_flags_t>(CAPNG_CLEAR_BOUNDING | CAPNG_CLEAR_AMBIENT);
    const int failed =
        ::capng_change_id(static_cast<int>(user->user), static_cast<int>(user->group), flags);
    if (failed != 0) {
      return error("cannot become the user " + name + " (step " + std::to_string(-failed) + ")");
    }
  } else if (::getuid() != user->user) {
    return error("neither root nor the user " + name);
  } else if (::capng_apply(CAPNG_SELECT_CAPS) != 0) {
    return error("cannot give up capabilities");
  }
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return system_error("cannot renounce new privileges");
  }
  return {};
}

Result<void> keep_only_reading() {
  ::capng_clear(CAPNG_SELECT_BOTH);
  if (::getuid() == 0) {
    ::capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                   CAP_DAC_READ_SEARCH);
  }
  // The bounding set is root's to change; without root there is nothing to give up.
  const auto what = ::getuid() == 0 ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS;
  if (::capng_apply(what) != 0) return error("cannot give up capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return system_error("cannot renounce new privileges");
  }
  return {};
}

void allow_most_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<void> forbid_dumps() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return system_error("cannot forbid dumps");
  }
  return {};
}

Result<bool> lock_memory() {
  rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
  ::setrlimit(RLIMIT_MEMLOCK, &limit);
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return system_error("cannot read a limit");
  if (limit.rlim_cur != RLIM_INFINITY) return false;
  if (::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    return system_error("cannot lock memory");
  }
  return true;
}

}  // namespace sallyport::io
