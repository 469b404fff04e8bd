#pragma once

#include <string>

#include "gateway/status.h"

namespace sallyport::daemon {

// One line of JSON, the contract of `status --json`.
std::string status_json(const gateway::Status& status);

// For people, from that line.
std::string status_text(const std::string& json_line);

}  // namespace sallyport::daemon
