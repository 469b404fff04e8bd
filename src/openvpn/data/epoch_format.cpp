#include "openvpn/data/epoch_format.h"

#include <algorithm>

#include "base/byte_writer.h"
#include "base/check.h"
#include "base/endian.h"
#include "crypto/hmac.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint64_t kLastCounter = (std::uint64_t{1} << 48) - 1;
// Packets and blocks of 16 bytes under one GCM key, as OpenVPN 2.7 counts them.
constexpr std::uint64_t kGcmUsageLimit = (std::uint64_t{1} << 36) - 1;

// HKDF-Expand (RFC 5869) with SHA-256 and a label; one block is enough for all that is made here.
base::SecretArray<EpochSecret::kSize> expand(base::Bytes secret, std::string_view name,
                                             std::size_t size) {
  constexpr std::string_view kPrefix = "ovpn ";
  base::ByteWriter info(32);
  info.u16(static_cast<std::uint16_t>(size));
  info.u8(static_cast<std::uint8_t>(kPrefix.size() + name.size()));
  info.bytes(base::bytes_of(kPrefix));
  info.bytes(base::bytes_of(name));
  info.u8(0);  // no context
  info.u8(1);  // the first block
  base::SecretArray<EpochSecret::kSize> out;
  crypto::Hmac(crypto::Digest::sha256(), secret).compute({info.written()}, out.reveal_mutable());
  return out;
}

// What a sealed packet counts for: itself, and its blocks but for the tag.
std::uint64_t usage_of(base::Bytes packet) {
  return 1 + (packet.size() - crypto::kAeadTagSize + 15) / 16;
}

using Nonce = std::array<std::uint8_t, crypto::kAeadNonceSize>;

Nonce nonce_of(base::Bytes packet_id, const Nonce& iv) {
  Nonce nonce = iv;
  for (std::size_t i = 0; i < packet_id.size(); ++i) nonce[i] ^= packet_id[i];
  return nonce;
}

}  // namespace

EpochSecret EpochSecret::next() const {
  return EpochSecret(expand(secret_.reveal(), "datakey upd", kSize).reveal());
}

base::SecretArray<EpochSecret::kSize> EpochSecret::key(std::size_t size) const {
  return expand(secret_.reveal(), "data_key", size);
}

std::array<std::uint8_t, EpochSecret::kIvSize> EpochSecret::iv() const {
  const auto expanded = expand(secret_.reveal(), "data_iv", kIvSize);
  std::array<std::uint8_t, kIvSize> iv;
  std::ranges::copy(expanded.reveal().first(kIvSize), iv.begin());
  return iv;
}

EpochFormat::EpochFormat(crypto::AeadAlgorithm algorithm, const StaticKey& key2, KeyDirection send,
                         std::uint32_t replay_window)
    : algorithm_(algorithm),
      replay_window_(replay_window),
      send_(sending(1, EpochSecret(key2.cipher_key(send).first(EpochSecret::kSize)))),
      last_secret_(key2.cipher_key(opposite(send)).first(EpochSecret::kSize)) {
  known_.push_back(receiving(1, last_secret_));
  fill_future();
}

EpochFormat::Sending EpochFormat::sending(std::uint16_t number, EpochSecret secret) const {
  const auto key = secret.key(crypto::key_size(algorithm_));
  const auto iv = secret.iv();
  return {number, std::move(secret), iv,
          crypto::AeadSealer(algorithm_, key.reveal().first(crypto::key_size(algorithm_)))};
}

EpochFormat::Receiving EpochFormat::receiving(std::uint16_t number,
                                              const EpochSecret& secret) const {
  const auto key = secret.key(crypto::key_size(algorithm_));
  return {number, secret.iv(),
          crypto::AeadOpener(algorithm_, key.reveal().first(crypto::key_size(algorithm_))),
          ReplayWindow(replay_window_), 0};
}

void EpochFormat::advance_sending(std::uint16_t to) {
  while (send_.number < to)
    send_ = sending(static_cast<std::uint16_t>(send_.number + 1), send_.secret.next());
  counter_ = send_usage_ = 0;
}

bool EpochFormat::is_used_up(std::uint64_t usage) const {
  return algorithm_ != crypto::AeadAlgorithm::kChaCha20Poly1305 && usage > kGcmUsageLimit;
}

bool EpochFormat::seal(base::MutableBytes packet) {
  CHECK(packet.size() >= room().front + room().back);
  if (counter_ == kLastCounter || is_used_up(send_usage_)) {
    if (send_.number >= kLastEpoch) return false;
    advance_sending(static_cast<std::uint16_t>(send_.number + 1));
  }
  base::store_u64(packet, kHeaderSize, std::uint64_t{send_.number} << 48 | ++counter_);
  const base::Bytes associated = packet.first(room().front);
  const base::MutableBytes data =
      packet.subspan(room().front, packet.size() - room().front - room().back);
  const crypto::AeadTag tag(packet.last<crypto::kAeadTagSize>());
  send_.sealer.seal(nonce_of(associated.subspan(kHeaderSize), send_.iv), associated, data, tag);
  send_usage_ += usage_of(packet);
  return true;
}

EpochFormat::Receiving* EpochFormat::receiving_of(std::uint16_t epoch) {
  if (retiring_ && retiring_->number == epoch) return &*retiring_;
  const auto found = std::ranges::find(known_, epoch, &Receiving::number);
  return found == known_.end() ? nullptr : &*found;
}

std::expected<base::MutableBytes, DropReason> EpochFormat::open(base::MutableBytes packet) {
  if (packet.size() < room().front + room().back) return std::unexpected(DropReason::kTooShort);
  const std::uint64_t id = base::load_u64(packet, kHeaderSize);
  const auto epoch = static_cast<std::uint16_t>(id >> 48);
  Receiving* const key = receiving_of(epoch);
  if (key == nullptr) return std::unexpected(DropReason::kBadKeyId);
  const base::Bytes associated = packet.first(room().front);
  const base::MutableBytes data =
      packet.subspan(room().front, packet.size() - room().front - room().back);
  if (!key->opener.open(nonce_of(associated.subspan(kHeaderSize), key->iv), associated, data,
                        packet.last(crypto::kAeadTagSize)))
    return std::unexpected(DropReason::kDataAuthentication);
  // Only now anything moves: the peer has shown that it has this epoch's key.
  const std::uint64_t counter = id & kLastCounter;
  if (!key->replay.is_fresh(counter)) return std::unexpected(DropReason::kDataReplay);
  key->replay.commit(counter);
  key->usage += usage_of(packet);
  // As OpenVPN: a peer that does not count is shown a new epoch, to which it moves too.
  const bool used_up = is_used_up(key->usage) && send_.number == epoch && epoch < kLastEpoch;
  if (epoch > known_.front().number) advance_receiving(epoch);
  if (used_up) advance_sending(static_cast<std::uint16_t>(epoch + 1));
  return data;
}

void EpochFormat::advance_receiving(std::uint16_t to) {
  while (known_.front().number < to) {
    retiring_.emplace(std::move(known_.front()));
    known_.pop_front();
    fill_future();
  }
  // As OpenVPN: we do not stay behind the peer's epoch.
  if (send_.number < to) advance_sending(to);
}

void EpochFormat::fill_future() {
  while (known_.size() < 1 + kFuture && known_.back().number < kLastEpoch) {
    last_secret_ = last_secret_.next();
    known_.push_back(receiving(static_cast<std::uint16_t>(known_.back().number + 1), last_secret_));
  }
}

}  // namespace sallyport::openvpn
