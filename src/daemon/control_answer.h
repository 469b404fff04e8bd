// What both daemons, gateway and server, answer on the control socket.
#pragma once

#include <string>

#include "daemon/control_request.h"
#include "daemon/file_source.h"
#include "io/control_server.h"

namespace sallyport::daemon {

std::string error_answer(const std::string& text);

// Takes the file that came with a request, under the name that it has for profiles and
// configurations. Who can say what those hold can say where traffic goes, and who comes in: only
// root may.
std::string take_file(HandedFiles& files, const std::string& path,
                      io::ControlServer::Request& request);

}  // namespace sallyport::daemon
