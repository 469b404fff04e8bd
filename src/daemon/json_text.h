// How everything that we say in JSON is written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/time.h"

namespace sallyport::daemon {

using Json = nlohmann::ordered_json;

// One line. What the other ends said is printable by the time it gets here; anything else is
// replaced rather than thrown over.
std::string json_line(const Json& object);
// In UTC, as RFC 3339 writes it.
std::string iso_time(base::WallTime time);

}  // namespace sallyport::daemon
