// What a server says of itself: as JSON, and as text for Prometheus.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "openvpn/server/server.h"

namespace sallyport::daemon {

struct ServerCounters {
  std::uint64_t lost_outside = 0;  // sealed packets that no socket took
  std::uint64_t lost_inside = 0;   // packets for nobody, or that the device did not take
};

// One line.
std::string server_status_json(const openvpn::Server& server, const ServerCounters& counters);
// One line of JSON whose "text" is in Prometheus' text format.
std::string server_metrics_json(const openvpn::Server& server, const ServerCounters& counters);

// The status as people read it; `line` is server_status_json()'s.
std::string server_status_text(const std::string& line);
// The text in server_metrics_json(); empty for any other line.
std::optional<std::string> metrics_text(const std::string& line);

}  // namespace sallyport::daemon
