#include "daemon/log.h"

#include <fmt/format.h>

#include <cstdio>

namespace sallyport::daemon {

void log(const std::string& text) {
  fmt::print(stderr, "sallyport: {}\n", text);
}

}  // namespace sallyport::daemon
