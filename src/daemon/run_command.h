#pragma once

#include "daemon/options.h"

namespace sallyport::daemon {

// `sallyport run`: the gateway, until it is told to stop. Returns the exit code.
int run_command(const RunOptions& options);

}  // namespace sallyport::daemon
