#include "base/secret.h"

#include <string.h>

namespace sallyport::base {

void wipe(MutableBytes bytes) {
  // An empty span may have no memory at all, which explicit_bzero does not take.
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace sallyport::base
