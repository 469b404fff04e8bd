#include "openvpn/data/cbc_format.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "crypto/constant_time.h"

namespace sallyport::openvpn {
namespace {

base::Bytes cipher_part(const StaticKey& key2, KeyDirection slot, DataCipher cipher) {
  return key2.cipher_key(slot).first(key_size(cipher));
}

base::Bytes mac_part(const StaticKey& key2, KeyDirection slot, crypto::Digest digest) {
  return key2.hmac_key(slot).first(digest.size());
}

// What stands before the padding of a decrypted, authentic packet; empty when it is malformed.
std::optional<base::MutableBytes> without_padding(base::MutableBytes decrypted) {
  const std::size_t padding = decrypted.back();
  if (padding == 0 || padding > crypto::kCbcBlockSize) return std::nullopt;
  if (std::ranges::any_of(decrypted.last(padding),
                          [&](std::uint8_t byte) { return byte != padding; }))
    return std::nullopt;
  return decrypted.first(decrypted.size() - padding);
}

}  // namespace

CbcFormat::CbcFormat(DataCipher cipher, crypto::Digest digest, const StaticKey& key2,
                     KeyDirection send, base::Rng& rng)
    : mac_size_(digest.size()),
      rng_(&rng),
      encryptor_(cipher_part(key2, send, cipher)),
      decryptor_(cipher_part(key2, opposite(send), cipher)),
      send_mac_(digest, mac_part(key2, send, digest)),
      receive_mac_(digest, mac_part(key2, opposite(send), digest)) {}

crypto::CbcIv CbcFormat::next_iv() {
  if (ivs_used_ == kIvsAtOnce) {
    rng_->fill(ivs_);
    ivs_used_ = 0;
  }
  return crypto::CbcIv(base::Bytes(ivs_)
                           .subspan(ivs_used_++ * crypto::kCbcBlockSize)
                           .first<crypto::kCbcBlockSize>());
}

void CbcFormat::seal(std::size_t header_size, std::uint32_t packet_id, base::MutableBytes packet,
                     std::size_t packet_size) {
  const base::MutableBytes mac = packet.subspan(header_size, mac_size_);
  const base::MutableBytes authenticated = packet.subspan(header_size + mac_size_);
  const crypto::CbcIv iv = next_iv();
  std::ranges::copy(iv, authenticated.begin());
  const base::MutableBytes encrypted = authenticated.subspan(crypto::kCbcBlockSize);
  base::store_u32(encrypted, 0, packet_id);
  const base::MutableBytes padding = encrypted.subspan(kPacketIdSize + packet_size);
  CHECK(!padding.empty() && padding.size() <= crypto::kCbcBlockSize);
  std::ranges::fill(padding, static_cast<std::uint8_t>(padding.size()));
  encryptor_.encrypt(iv, encrypted);
  send_mac_.compute({authenticated}, mac);
}

std::expected<DataContent, DropReason> CbcFormat::open(std::size_t header_size,
                                                       base::MutableBytes packet) {
  const std::size_t before = header_size + mac_size_ + crypto::kCbcBlockSize;
  if (packet.size() < before + crypto::kCbcBlockSize) return std::unexpected(DropReason::kTooShort);
  const base::Bytes mac = packet.subspan(header_size, mac_size_);
  const base::MutableBytes authenticated = packet.subspan(header_size + mac_size_);
  const base::MutableBytes encrypted = packet.subspan(before);
  Mac expected;
  receive_mac_.compute({authenticated}, expected);
  // Before anything is decrypted: what is not the peer's must not even be looked at (padding
  // oracles).
  if (!crypto::constant_time_equal(mac, base::Bytes(expected).first(mac_size_)))
    return std::unexpected(DropReason::kDataAuthentication);
  if (encrypted.size() % crypto::kCbcBlockSize != 0) return std::unexpected(DropReason::kTooShort);
  decryptor_.decrypt(crypto::CbcIv(authenticated.first<crypto::kCbcBlockSize>()), encrypted);
  const auto content = without_padding(encrypted);
  if (!content || content->size() < kPacketIdSize) return std::unexpected(DropReason::kTooShort);
  return DataContent{base::load_u32(*content, 0), content->subspan(kPacketIdSize)};
}

}  // namespace sallyport::openvpn
