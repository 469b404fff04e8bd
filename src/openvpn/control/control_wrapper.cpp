#include "openvpn/control/control_wrapper.h"

#include <algorithm>
#include <array>

#include "base/byte_writer.h"
#include "base/endian.h"
#include "crypto/aes_ctr.h"
#include "crypto/constant_time.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kPacketIdSize = 8;
constexpr std::size_t kTlsCryptTagSize = 32;
constexpr std::size_t kTlsCryptKeySize = 32;
constexpr std::size_t kCtrIvSize = 16;

KeyDirection send_slot(std::optional<KeyDirection> direction) {
  return direction.value_or(KeyDirection::kNormal);
}

KeyDirection receive_slot(std::optional<KeyDirection> direction) {
  return direction ? opposite(*direction) : KeyDirection::kNormal;
}

}  // namespace

bool ControlReplayFilter::is_fresh(ControlPacketId id) const {
  if (id.time != time_) return id.time > time_ && id.counter != 0;
  return window_.is_fresh(id.counter);
}

void ControlReplayFilter::commit(ControlPacketId id) {
  if (id.time != time_) {
    time_ = id.time;
    window_.reset();
  }
  window_.commit(id.counter);
}

void ControlReplayFilter::reset() {
  time_ = 0;
  window_.reset();
}

ControlWrapper ControlWrapper::plain() {
  return ControlWrapper(Plain{}, 1);
}

ControlWrapper ControlWrapper::tls_auth(const StaticKey& key, std::optional<KeyDirection> direction,
                                        crypto::Digest digest) {
  const auto hmac_for = [&](KeyDirection slot) {
    return crypto::Hmac(digest, key.hmac_key(slot).first(digest.size()));
  };
  return ControlWrapper(TlsAuth{hmac_for(send_slot(direction)), hmac_for(receive_slot(direction))},
                        1);
}

ControlWrapper ControlWrapper::tls_crypt(const StaticKey& key, Role role,
                                         std::uint32_t first_counter) {
  const KeyDirection send = role == Role::kServer ? KeyDirection::kNormal : KeyDirection::kInverse;
  const KeyDirection receive = opposite(send);
  const auto hmac_for = [&](KeyDirection slot) {
    return crypto::Hmac(crypto::Digest::sha256(), key.hmac_key(slot).first(kTlsCryptKeySize));
  };
  const auto cipher_for = [&](KeyDirection slot) {
    return base::SecretArray<kTlsCryptKeySize>(key.cipher_key(slot).first(kTlsCryptKeySize));
  };
  return ControlWrapper(
      TlsCrypt{hmac_for(send), hmac_for(receive), cipher_for(send), cipher_for(receive)},
      first_counter);
}

std::size_t ControlWrapper::overhead() const {
  if (std::holds_alternative<Plain>(mode_)) return 0;
  if (const auto* mode = std::get_if<TlsAuth>(&mode_)) return mode->send.size() + kPacketIdSize;
  return kPacketIdSize + kTlsCryptTagSize;
}

std::array<std::uint8_t, 8> ControlWrapper::next_packet_id(base::Now now) {
  const auto time = static_cast<std::uint32_t>(now.wall.time_since_epoch().count());
  if (!start_time_) start_time_ = time;
  if (next_counter_ == 0) {
    // As OpenVPN, but at once, whatever the clock says: the peer takes only a later time.
    start_time_ = std::max(time, *start_time_ + 1);
    next_counter_ = 1;
  }
  std::array<std::uint8_t, 8> id{};
  base::store_u32(id, 0, next_counter_++);
  base::store_u32(id, 4, *start_time_);
  return id;
}

std::vector<std::uint8_t> ControlWrapper::wrap(base::Now now, const ControlHeader& header,
                                               base::Bytes body) {
  const auto header_bytes = header.serialize();
  base::ByteWriter writer(header_bytes.size() + overhead() + body.size());
  writer.bytes(header_bytes);
  if (std::holds_alternative<Plain>(mode_)) {
    writer.bytes(body);
    return writer.take();
  }
  const auto packet_id = next_packet_id(now);
  if (auto* mode = std::get_if<TlsAuth>(&mode_)) {
    std::array<std::uint8_t, crypto::Digest::kMaxSize> mac{};
    // The packet id comes first under the HMAC although it is second on the wire.
    mode->send.compute({packet_id, header_bytes, body}, mac);
    writer.bytes(std::span(mac).first(mode->send.size()));
    writer.bytes(packet_id);
    writer.bytes(body);
    return writer.take();
  }
  auto& mode = std::get<TlsCrypt>(mode_);
  std::array<std::uint8_t, kTlsCryptTagSize> tag{};
  mode.send_mac.compute({header_bytes, packet_id, body}, tag);
  writer.bytes(packet_id);
  writer.bytes(tag);
  writer.bytes(body);
  std::vector<std::uint8_t> packet = writer.take();
  crypto::aes256_ctr(mode.send_cipher.reveal(), std::span(tag).first(kCtrIvSize),
                     std::span(packet).last(body.size()));
  return packet;
}

std::expected<base::Bytes, DropReason> ControlWrapper::unwrap(base::MutableBytes packet) {
  if (packet.size() < ControlHeader::kSize + overhead())
    return std::unexpected(DropReason::kTooShort);
  if (auto* mode = std::get_if<TlsAuth>(&mode_)) return unwrap_tls_auth(*mode, packet);
  if (auto* mode = std::get_if<TlsCrypt>(&mode_)) return unwrap_tls_crypt(*mode, packet);
  return packet.subspan(ControlHeader::kSize);
}

std::expected<base::Bytes, DropReason> ControlWrapper::unwrap_first(base::MutableBytes packet) {
  replay_.reset();
  return unwrap(packet);
}

std::expected<base::Bytes, DropReason> ControlWrapper::unwrap_tls_auth(TlsAuth& mode,
                                                                       base::MutableBytes packet) {
  const base::Bytes header = packet.first(ControlHeader::kSize);
  const base::Bytes mac = packet.subspan(ControlHeader::kSize, mode.receive.size());
  const base::Bytes packet_id = packet.subspan(ControlHeader::kSize + mac.size(), kPacketIdSize);
  const base::Bytes body = packet.subspan(ControlHeader::kSize + mac.size() + kPacketIdSize);
  std::array<std::uint8_t, crypto::Digest::kMaxSize> expected{};
  mode.receive.compute({packet_id, header, body}, expected);
  if (!crypto::constant_time_equal(mac, std::span(expected).first(mac.size()))) {
    return std::unexpected(DropReason::kWrapFailed);
  }
  if (const auto fresh = check_replay(packet_id); !fresh) return std::unexpected(fresh.error());
  return body;
}

std::expected<base::Bytes, DropReason> ControlWrapper::unwrap_tls_crypt(TlsCrypt& mode,
                                                                        base::MutableBytes packet) {
  const base::Bytes clear = packet.first(ControlHeader::kSize + kPacketIdSize);
  const base::Bytes tag = packet.subspan(clear.size(), kTlsCryptTagSize);
  const base::MutableBytes body = packet.subspan(clear.size() + kTlsCryptTagSize);
  crypto::aes256_ctr(mode.receive_cipher.reveal(), tag.first(kCtrIvSize), body);
  std::array<std::uint8_t, kTlsCryptTagSize> expected{};
  mode.receive_mac.compute({clear, body}, expected);
  if (!crypto::constant_time_equal(tag, expected)) return std::unexpected(DropReason::kWrapFailed);
  if (const auto fresh = check_replay(clear.last(kPacketIdSize)); !fresh)
    return std::unexpected(fresh.error());
  return body;
}

std::expected<void, DropReason> ControlWrapper::check_replay(base::Bytes packet_id) {
  const ControlPacketId id{base::load_u32(packet_id, 0), base::load_u32(packet_id, 4)};
  if (!replay_.is_fresh(id)) return std::unexpected(DropReason::kControlReplay);
  replay_.commit(id);
  return {};
}

}  // namespace sallyport::openvpn
