// What `status` tells about the connection to QubesDB.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/counter_set.h"
#include "base/time.h"
#include "qubes/fault.h"
#include "qubes/settings.h"

namespace sallyport::daemon {

enum class QubesDbState : std::uint8_t {
  kOff,
  kConnecting,    // nothing was ever read
  kSynchronised,  // what is known is what there is
  kLost,          // what is known is what there was
};
std::string_view name_of(QubesDbState state);

struct QubesDbStatus {
  QubesDbState state = QubesDbState::kOff;
  base::WallTime since;       // of the state; not for kOff
  std::size_t firewalls = 0;  // sources with committed rules
  std::uint64_t changes = 0;  // that were told so far
  base::CounterSet<qubes::Fault> refused;
  base::CounterSet<qubes::Ignored> ignored;
};

}  // namespace sallyport::daemon
