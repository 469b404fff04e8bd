#include "crypto/scrypt.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/initialize.h"

namespace sallyport::crypto {
namespace {

constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 30;

}  // namespace

bool scrypt(std::string_view password, base::Bytes salt, const ScryptCost& cost,
            base::MutableBytes out) {
  initialize();
  if (cost.log_n == 0 || cost.log_n > 30) return false;
  const int done = EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(),
                                  std::uint64_t{1} << cost.log_n, cost.block, cost.parallel,
                                  kMaxMemory, out.data(), out.size());
  ERR_clear_error();
  return done == 1;
}

}  // namespace sallyport::crypto
