#include "daemon/verify_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "daemon/exit_code.h"

namespace sallyport::daemon {
namespace {

constexpr const char* kProgram = SALLYPORT_LIBEXEC "/verify";

}  // namespace

int verify_command(const VerifyOptions& options) {
  if (options.json) {
    ::execl(kProgram, kProgram, "--json", nullptr);
  } else {
    ::execl(kProgram, kProgram, nullptr);
  }
  fmt::print(stderr, "sallyport: cannot run {}: {}; is this a Qubes VM with the lock installed?\n",
             kProgram, std::strerror(errno));
  return kExitFailed;
}

}  // namespace sallyport::daemon
