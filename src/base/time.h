// Time is an argument. Every entry point of a pure layer takes `Now`, read once by the caller; no
// pure layer can read a clock (MonotonicClock has no now(), and tests/lint/purity.py looks for the
// system's).
#pragma once

#include <chrono>

namespace sallyport::base {

// Counts from boot, never jumps, includes suspend (CLOCK_BOOTTIME): what deadlines are made of.
struct MonotonicClock {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};

using Duration = MonotonicClock::duration;
using Instant = MonotonicClock::time_point;
// Seconds since 1970 UTC, for what the protocol or a certificate ties to the calendar.
using WallTime = std::chrono::sys_seconds;

struct Now {
  Instant mono;
  WallTime wall;
};

}  // namespace sallyport::base
