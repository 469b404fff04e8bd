#pragma once

#include "base/bytes.h"

namespace sallyport::crypto {

// AES-256 in counter mode, in place: encryption and decryption are the same operation.
// `key` is 32 bytes, `iv` the 16-byte initial counter block.
void aes256_ctr(base::Bytes key, base::Bytes iv, base::MutableBytes data);

}  // namespace sallyport::crypto
