// Giving up what the gateway needs only to start: being root, every capability, and the memory that
// others could look into (docs/security.md, "The daemon's own cage").
#pragma once

#include <string>

#include "io/error.h"

namespace sallyport::io {

// Becomes the user called `name`, with its groups and without any capability, now and for good. A
// process that is not root has to be that user already.
Result<void> become_user(const std::string& name);

// Stays who it is, and keeps of root's powers the one to read what root may read.
Result<void> keep_only_reading();

// As many descriptors as this process may have, and not what programs that use select() need.
void allow_most_files();

// Nothing of this process is dumped, and nobody but root can look into it.
Result<void> forbid_dumps();

// Nothing of this process is swapped out: its memory is locked page by page as it is used. Only
// where locked memory has no limit, which root sets for itself where it may: under any other,
// memory would run out some day. False: there is a limit. Call it before become_user().
Result<bool> lock_memory();

}  // namespace sallyport::io
