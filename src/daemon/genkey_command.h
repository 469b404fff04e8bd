// `sallyport genkey`: makes keys for a server and its clients, and says what is in one. The files
// are OpenVPN's own (docs/protocol.md, "Wraps").
#pragma once

#include "daemon/options.h"

namespace sallyport::daemon {

int genkey_command(const GenkeyOptions& options);

}  // namespace sallyport::daemon
