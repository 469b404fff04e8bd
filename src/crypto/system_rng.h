// The real randomness: OpenSSL's CSPRNG, seeded by the kernel.
#pragma once

#include "base/rng.h"

namespace sallyport::crypto {

class SystemRng final : public base::Rng {
 public:
  void fill(base::MutableBytes out) override;
};

}  // namespace sallyport::crypto
