// `sallyport link`: the other end of `--downstream vchan`, in an AppVM without a network device.
#pragma once

#include "daemon/options.h"

namespace sallyport::daemon {

// Runs until a signal ends it.
int link_command(const LinkOptions& options);

}  // namespace sallyport::daemon
