#include "netback/spurious_events.h"

#include <algorithm>

namespace sallyport::netback {

base::Duration SpuriousEvents::spurious() {
  if (free_ > 0) {
    --free_;
    return base::Duration::zero();
  }
  const base::Duration pause = pause_;
  pause_ = std::min(2 * pause_, kLongest);
  return pause;
}

}  // namespace sallyport::netback
