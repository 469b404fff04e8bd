// `sallyport verify`: whether all locks are in place on this VM. They are the VM's and not the
// gateway's (docs/qubes.md, "The lock"), so it is the lock's own program that looks.
#pragma once

#include "daemon/options.h"

namespace sallyport::daemon {

// Becomes that program; comes back only when there is none.
int verify_command(const VerifyOptions& options);

}  // namespace sallyport::daemon
