#pragma once

#include <string_view>

#include "daemon/options.h"
#include "openvpn/profile/profile_report.h"

namespace sallyport::daemon {

// `sallyport check FILE [--json]`: a verdict on every line of a profile. Returns the exit code: 0
// when it is usable.
int check_command(const CheckOptions& options);

// The report of a file, to standard output, and what stands in the way to standard error. `what` is
// what JSON calls the file. Returns the exit code.
int print_report(const openvpn::ProfileReport& report, std::string_view what, bool json);

}  // namespace sallyport::daemon
