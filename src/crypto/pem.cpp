#include "crypto/pem.h"

#include <openssl/pem.h>

#include "base/check.h"
#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {

std::optional<base::SecretBytes> pem_decode(std::string_view text, std::string_view label) {
  initialize();
  const UniqueBio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long length = 0;
    if (PEM_read_bio(bio.get(), &name, &header, &data, &length) != 1) return std::nullopt;
    const bool found = std::string_view(name) == label;
    base::SecretBytes content(base::Bytes(data, static_cast<std::size_t>(length)));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(length));
    if (found) return content;
  }
}

base::SecretBytes pem_encode(base::Bytes content, std::string_view label) {
  initialize();
  const UniqueBio bio(BIO_new(BIO_s_secmem()));
  CHECK(PEM_write_bio(bio.get(), std::string(label).c_str(), "", content.data(),
                      static_cast<long>(content.size())) > 0);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return base::SecretBytes(std::string_view(data, static_cast<std::size_t>(length)));
}

}  // namespace sallyport::crypto
