#include "io/unique_fd.h"

#include <unistd.h>

namespace sallyport::io {

UniqueFd::~UniqueFd() {
  reset();
}

void UniqueFd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace sallyport::io
