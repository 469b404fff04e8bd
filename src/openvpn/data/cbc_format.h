// Data packets under AES in CBC mode, encrypted and then authenticated (docs/protocol.md, "Data
// channel").
//   header | HMAC | IV(16) | CBC( pid(4) | packet | PKCS #7 padding )
// The HMAC, by the digest of `auth`, covers IV and ciphertext; the header is not authenticated.
#pragma once

#include <array>

#include "base/rng.h"
#include "crypto/cbc.h"
#include "crypto/hmac.h"
#include "openvpn/data/aead_format.h"
#include "openvpn/data/data_cipher.h"

namespace sallyport::openvpn {

class CbcFormat {
 public:
  // `cipher` is one without aead_of(). `rng` outlives the format: each packet has an IV of its own.
  CbcFormat(DataCipher cipher, crypto::Digest digest, const StaticKey& key2, KeyDirection send,
            base::Rng& rng);

  static SealRoom room(std::size_t header_size, crypto::Digest digest) {
    return {.front = header_size + digest.size() + crypto::kCbcBlockSize + kPacketIdSize,
            .back = 0,
            .block = crypto::kCbcBlockSize,
            .encrypted = kPacketIdSize};
  }

  // As AeadFormat; `packet_size` tells the packet from the padding that is yet to be written.
  void seal(std::size_t header_size, std::uint32_t packet_id, base::MutableBytes packet,
            std::size_t packet_size);
  std::expected<DataContent, DropReason> open(std::size_t header_size, base::MutableBytes packet);

 private:
  static constexpr std::size_t kPacketIdSize = 4;
  // IVs are drawn many at a time: each draw costs the same.
  static constexpr std::size_t kIvsAtOnce = 64;
  using Mac = std::array<std::uint8_t, crypto::Digest::kMaxSize>;

  crypto::CbcIv next_iv();

  std::size_t mac_size_;
  base::Rng* rng_;
  crypto::CbcEncryptor encryptor_;
  crypto::CbcDecryptor decryptor_;
  crypto::Hmac send_mac_;
  crypto::Hmac receive_mac_;
  std::array<std::uint8_t, kIvsAtOnce * crypto::kCbcBlockSize> ivs_{};
  std::size_t ivs_used_ = kIvsAtOnce;
};

}  // namespace sallyport::openvpn
