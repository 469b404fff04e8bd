// What a daemon in its cage cannot open is opened outside of it, and handed over by the control
// socket: by `sallyport ctl reload`, and by a server's AccessKeeper.
#pragma once

#include <string>

#include "daemon/control_request.h"
#include "io/control_client.h"

namespace sallyport::daemon {

// Sends a request and waits for its answer.
io::Result<std::string> ask(io::ControlClient& client, const ControlRequest& request);

// Hands `file` over under its path; `command` says what for: "file" for a reload, "fresh" for a
// refresh.
io::Result<void> hand_over(io::ControlClient& client, const std::string& command,
                           const std::string& path, const io::UniqueFd& file);

// All that a reload reads, if the daemon is in a cage. What can't be opened is left out, and the
// daemon says so.
io::Result<void> hand_over_files(io::ControlClient& client);

}  // namespace sallyport::daemon
