#include "crypto/private_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>

#include "crypto/initialize.h"
#include "crypto/openssl_handles.h"

namespace sallyport::crypto {
namespace {

struct Answer {
  std::string_view passphrase;
  bool asked = false;
};

// OpenSSL asks for it when it has found a key that is encrypted. What is too long for it is wrong.
int give(char* out, int size, int, void* context) {
  auto& answer = *static_cast<Answer*>(context);
  answer.asked = true;
  if (answer.passphrase.size() > static_cast<std::size_t>(size)) return -1;
  std::ranges::copy(answer.passphrase, out);
  return static_cast<int>(answer.passphrase.size());
}

UniquePkey read_key(std::string_view pem, Answer& answer) {
  initialize();
  const UniqueBio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return UniquePkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, give, &answer));
}

// An algorithm of OpenSSL's legacy provider is another matter than a wrong passphrase.
bool last_error_is_unsupported() {
  bool unsupported = false;
  while (const unsigned long code = ERR_get_error())
    unsupported = unsupported || ERR_GET_REASON(code) == ERR_R_UNSUPPORTED;
  return unsupported;
}

}  // namespace

bool is_encrypted_key(std::string_view pem) {
  Answer none;
  const UniquePkey key = read_key(pem, none);
  ERR_clear_error();
  return key == nullptr && none.asked;
}

std::expected<base::SecretBytes, std::string> decrypt_key(std::string_view pem,
                                                          std::string_view passphrase) {
  Answer answer{passphrase};
  const UniquePkey key = read_key(pem, answer);
  if (key == nullptr) {
    return std::unexpected(
        last_error_is_unsupported()
            ? "it is encrypted in an old way that OpenSSL no longer reads; take that off with"
              " 'openssl pkey -provider legacy -provider default -in FILE -out plain.key'"
            : "the passphrase is wrong");
  }
  const UniqueBio bio(BIO_new(BIO_s_secmem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
      1) {
    ERR_clear_error();
    return std::unexpected("the key is of a kind that cannot be used");
  }
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return base::SecretBytes(std::string_view(data, static_cast<std::size_t>(length)));
}

}  // namespace sallyport::crypto
