// scrypt (RFC 7914): makes guessing passwords from their hashes expensive, in time and in memory.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace sallyport::crypto {

// Memory is 128 bytes times block times 2^log_n: 32 MiB with these.
struct ScryptCost {
  unsigned log_n = 15;
  unsigned block = 8;
  unsigned parallel = 1;
};

// Fills `out`. False where the cost is beyond 1 GiB of memory or no valid one.
bool scrypt(std::string_view password, base::Bytes salt, const ScryptCost& cost,
            base::MutableBytes out);

}  // namespace sallyport::crypto
