#include "io/clock.h"

#include <ctime>

#include "base/check.h"

namespace sallyport::io {

base::Now read_clock() {
  timespec mono{}, wall{};
  CHECK(::clock_gettime(CLOCK_BOOTTIME, &mono) == 0);
  CHECK(::clock_gettime(CLOCK_REALTIME_COARSE, &wall) == 0);
  return {base::Instant(std::chrono::duration_cast<base::Duration>(
              std::chrono::seconds(mono.tv_sec) + std::chrono::nanoseconds(mono.tv_nsec))),
          base::WallTime(std::chrono::seconds(wall.tv_sec))};
}

}  // namespace sallyport::io
