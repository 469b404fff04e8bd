// How the gateway gives up what it only needed to start (docs/security.md, "The daemon's own
// cage"): it goes on as another user, without capabilities, in locked memory, and with few system
// calls.
#pragma once

#include <expected>
#include <string>

#include "daemon/options.h"

namespace sallyport::daemon {

// To be called when every file and device is open. The error is a sentence; the process is of no
// use then.
struct Cage {
  // False: a limit on locked memory that we may not lift is in the way.
  bool memory_is_locked = false;
};
std::expected<Cage, std::string> enter_cage(const RunOptions& options);

}  // namespace sallyport::daemon
