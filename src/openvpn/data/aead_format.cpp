#include "openvpn/data/aead_format.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"

namespace sallyport::openvpn {
namespace {

base::Bytes cipher_part(const StaticKey& key2, KeyDirection slot, crypto::AeadAlgorithm algorithm) {
  return key2.cipher_key(slot).first(crypto::key_size(algorithm));
}

// V1 leaves its header unauthenticated: the associated data is the packet id alone.
base::Bytes associated_data(std::size_t header_size, base::Bytes packet, std::size_t id_size) {
  return header_size == 1 ? packet.subspan(1, id_size) : packet.first(header_size + id_size);
}

}  // namespace

AeadFormat::AeadFormat(crypto::AeadAlgorithm algorithm, const StaticKey& key2, KeyDirection send)
    : sealer_(algorithm, cipher_part(key2, send, algorithm)),
      opener_(algorithm, cipher_part(key2, opposite(send), algorithm)) {
  std::ranges::copy(key2.hmac_key(send).first(send_iv_.size()), send_iv_.begin());
  std::ranges::copy(key2.hmac_key(opposite(send)).first(receive_iv_.size()), receive_iv_.begin());
}

AeadFormat::Nonce AeadFormat::nonce(base::Bytes packet_id, const ImplicitIv& iv) {
  Nonce bytes;
  base::copy_bytes(packet_id, bytes);
  base::copy_bytes(iv, std::span(bytes).subspan(kPacketIdSize));
  return bytes;
}

void AeadFormat::seal(std::size_t header_size, std::uint32_t packet_id, base::MutableBytes packet) {
  CHECK(packet.size() >= room(header_size).front);
  base::store_u32(packet, header_size, packet_id);
  const base::Bytes id = packet.subspan(header_size, kPacketIdSize);
  const crypto::AeadTag tag(
      packet.subspan(header_size + kPacketIdSize).first<crypto::kAeadTagSize>());
  sealer_.seal(nonce(id, send_iv_), associated_data(header_size, packet, kPacketIdSize),
               packet.subspan(room(header_size).front), tag);
}

std::expected<DataContent, DropReason> AeadFormat::open(std::size_t header_size,
                                                        base::MutableBytes packet) {
  if (packet.size() < room(header_size).front) return std::unexpected(DropReason::kTooShort);
  const base::Bytes id = packet.subspan(header_size, kPacketIdSize);
  const base::Bytes tag = packet.subspan(header_size + kPacketIdSize, crypto::kAeadTagSize);
  const base::MutableBytes data = packet.subspan(room(header_size).front);
  if (!opener_.open(nonce(id, receive_iv_), associated_data(header_size, packet, kPacketIdSize),
                    data, tag)) {
    return std::unexpected(DropReason::kDataAuthentication);
  }
  return DataContent{base::load_u32(id, 0), data};
}

}  // namespace sallyport::openvpn
