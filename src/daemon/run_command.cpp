#include "daemon/run_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "daemon/exit_code.h"
#include "daemon/gateway_loop.h"

namespace sallyport::daemon {

int run_command(const RunOptions& options) {
  const auto loop = GatewayLoop::create(options);
  if (!loop) {
    fmt::print(stderr, "sallyport: {}\n", loop.error());
    return kExitFailed;
  }
  if (auto caged = (*loop)->enter_cage(); !caged) {
    fmt::print(stderr, "sallyport: {}\n", caged.error());
    return kExitFailed;
  }
  (*loop)->run();
  return kExitDone;
}

}  // namespace sallyport::daemon
