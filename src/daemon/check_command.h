#pragma once

#include "daemon/options.h"

namespace sallyport::daemon {

// `sallyport check FILE [--json]`: a verdict on every line of a profile. Returns the exit code: 0
// when it is usable.
int check_command(const CheckOptions& options);

}  // namespace sallyport::daemon
