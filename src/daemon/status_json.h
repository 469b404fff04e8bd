#pragma once

#include <string>

#include "daemon/qubesdb_status.h"
#include "daemon/ring_status.h"
#include "gateway/status.h"

namespace sallyport::daemon {

// One line of JSON, the contract of `status --json`.
std::string status_json(const gateway::Status& status, const RingsByClient& rings,
                        const QubesDbStatus& qubesdb = {});

// For people, from that line.
std::string status_text(const std::string& json_line);

}  // namespace sallyport::daemon
