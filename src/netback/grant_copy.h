// Grant copies as data: what GNTTABOP_copy (IOCTL_GNTDEV_GRANT_COPY) is to move between a guest's
// granted page and our memory. A batch is run in one call. `done` starts false: what nobody reports
// as copied counts as not copied.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "netback/xen_ids.h"

namespace sallyport::netback {

// From the guest's page to `local`. offset + local.size() is at most kPageSize; local is not empty
// and may cross pages of ours.
struct CopyFromGuest {
  base::MutableBytes local;
  GrantRef ref;
  std::uint16_t offset = 0;
  // For whoever runs it: the operation's own status was GNTST_okay.
  bool done = false;
};

// From `local` to the guest's page, with the same bounds.
struct CopyToGuest {
  base::Bytes local;
  GrantRef ref;
  std::uint16_t offset = 0;
  bool done = false;
};

}  // namespace sallyport::netback
