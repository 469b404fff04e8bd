// What is concluded from the whole of a server's configuration, when every line has been ruled.
#pragma once

#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {

// Completes draft.config and blames lines of the report.
void assemble_server(ServerDraft& draft, ProfileReport& report);
// The part of it that is about the addresses inside: ServerConfig::pool, and what clients are
// pushed of it.
void assemble_addresses(ServerDraft& draft, ProfileReport& report);

}  // namespace sallyport::openvpn
