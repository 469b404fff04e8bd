// The system calls that a running gateway may still make: moving bytes on what is open, making
// sockets, keeping time and memory. No programs, no files, no other processes, no kernel
// configuration (docs/security.md, "The daemon's own cage").
#pragma once

#include "io/error.h"

namespace sallyport::io {

// What is not allowed fails with EPERM; running a program ends the process.
//
// kDevices: a vchan that is listened on anew needs /dev/xen opened anew, so files may be opened, as
// far as the user's rights go.
enum class OpeningFiles { kNever, kDevices };

// For all threads, and for good.
Result<void> restrict_syscalls(OpeningFiles files);

}  // namespace sallyport::io
