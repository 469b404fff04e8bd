#include "base/secret.h"

#include <string.h>

namespace sallyport::base {

void wipe(MutableBytes bytes) {
  ::explicit_bzero(bytes.data(), bytes.size());
}

}  // namespace sallyport::base
