// How the gateway gives up what it only needed to start (docs/security.md, "The daemon's own
// cage"): it goes on as another user, without capabilities, in locked memory, and with few system
// calls.
#pragma once

#include <expected>
#include <string>

#include "io/syscall_filter.h"

namespace sallyport::daemon {

// To be called when every file and device is open. The error is a sentence; the process is of no
// use then. Memory that cannot be locked is said in the log.
std::expected<void, std::string> enter_cage(const std::string& user, io::OpeningFiles files);

}  // namespace sallyport::daemon
