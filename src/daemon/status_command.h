#pragma once

#include "daemon/options.h"

namespace sallyport::daemon {

// `sallyport status` and the commands that only need a running gateway's answer. Return the exit
// code.
int status_command(const StatusOptions& options);
int control_command(const ControlOptions& options);

}  // namespace sallyport::daemon
