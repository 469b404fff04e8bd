#pragma once

#include "daemon/options.h"

namespace sallyport::daemon {

// `sallyport server`: runs until a signal ends it.
int server_command(const ServerOptions& options);

// `sallyport password`: prints a line for auth-user-file; reads the password from standard input.
int password_command(const PasswordOptions& options);

}  // namespace sallyport::daemon
