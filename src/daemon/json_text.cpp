#include "daemon/json_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace sallyport::daemon {

std::string json_line(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string iso_time(base::WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time.time_since_epoch().count()));
}

}  // namespace sallyport::daemon
