#include "openvpn/wire/tls_crypt_v2_key.h"

#include <array>

#include "base/byte_writer.h"
#include "base/endian.h"
#include "crypto/constant_time.h"
#include "crypto/pem.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kTagSize = 32;
constexpr std::size_t kLengthSize = 2;
// Ke and Ka: the leading bytes of the slot's two parts.
constexpr std::size_t kAlgorithmKeySize = 32;
constexpr std::size_t kIvSize = 16;

constexpr std::string_view kClientLabel = "OpenVPN tls-crypt-v2 client key";
constexpr std::string_view kServerLabel = "OpenVPN tls-crypt-v2 server key";

using Tag = std::array<std::uint8_t, kTagSize>;

// Wiped when it goes, and only as much as was used.
struct Wiped {
  base::MutableBytes bytes;
  ~Wiped() { base::wipe(bytes); }
};

}  // namespace

std::expected<TlsCryptV2ClientKey, std::string> TlsCryptV2ClientKey::parse(std::string_view file) {
  const auto content = crypto::pem_decode(file, kClientLabel);
  if (!content) return std::unexpected("there is no well-formed tls-crypt-v2 client key in it");
  const base::Bytes bytes = content->reveal();
  if (bytes.size() < StaticKey::kSize + kWrappedKeyMinimum ||
      bytes.size() > StaticKey::kSize + kWrappedKeyMaximum) {
    return std::unexpected("the tls-crypt-v2 client key has an impossible length");
  }
  const base::Bytes wrapped = bytes.subspan(StaticKey::kSize);
  if (base::load_u16(wrapped, wrapped.size() - kLengthSize) != wrapped.size()) {
    return std::unexpected("the wrapped key in the tls-crypt-v2 client key is cut or damaged");
  }
  return TlsCryptV2ClientKey(StaticKey(bytes.first(StaticKey::kSize)), wrapped);
}

base::SecretBytes TlsCryptV2ClientKey::to_file() const {
  base::SecretBytes both(StaticKey::kSize + wrapped_key_.size());
  base::copy_bytes(key_.reveal(), both.reveal_mutable());
  base::copy_bytes(wrapped_key_, both.reveal_mutable().subspan(StaticKey::kSize));
  return crypto::pem_encode(both.reveal(), kClientLabel);
}

KeyFingerprint fingerprint_of(const StaticKey& key) {
  return crypto::sha256(key.reveal());
}

TlsCryptV2ServerKey::TlsCryptV2ServerKey(base::Bytes bytes)
    : bytes_(bytes),
      mac_(crypto::Digest::sha256(), bytes.subspan(StaticKey::kPartSize, kAlgorithmKeySize)),
      cipher_(bytes.first(kAlgorithmKeySize)) {}

TlsCryptV2ServerKey TlsCryptV2ServerKey::random(base::Rng& rng) {
  base::SecretArray<kSize> bytes;
  rng.fill(bytes.reveal_mutable());
  return TlsCryptV2ServerKey(bytes.reveal());
}

base::SecretBytes TlsCryptV2ServerKey::to_file() const {
  return crypto::pem_encode(bytes_.reveal(), kServerLabel);
}

std::expected<TlsCryptV2ServerKey, std::string> TlsCryptV2ServerKey::parse(std::string_view file) {
  const auto content = crypto::pem_decode(file, kServerLabel);
  if (!content || content->size() != kSize) {
    return std::unexpected("there is no well-formed tls-crypt-v2 server key in it");
  }
  return TlsCryptV2ServerKey(content->reveal());
}

std::vector<std::uint8_t> TlsCryptV2ServerKey::wrap(const StaticKey& key,
                                                    base::Bytes metadata) const {
  const std::size_t length = kTagSize + StaticKey::kSize + metadata.size() + kLengthSize;
  CHECK(length <= kWrappedKeyMaximum);
  std::array<std::uint8_t, kLengthSize> length_bytes{};
  base::store_u16(length_bytes, 0, static_cast<std::uint16_t>(length));

  Tag tag{};
  mac_.compute({length_bytes, key.reveal(), metadata}, tag);

  base::ByteWriter wrapped(length);
  wrapped.bytes(tag);
  wrapped.bytes(key.reveal());
  wrapped.bytes(metadata);
  wrapped.bytes(length_bytes);
  std::vector<std::uint8_t> bytes = wrapped.take();
  const std::span encrypted =
      std::span(bytes).subspan(kTagSize, StaticKey::kSize + metadata.size());
  cipher_.apply(std::span(tag).first(kIvSize), encrypted);
  return bytes;
}

std::expected<UnwrappedClientKey, UnwrapError> TlsCryptV2ServerKey::unwrap(
    base::Bytes wrapped_key) const {
  if (wrapped_key.size() < kWrappedKeyMinimum || wrapped_key.size() > kWrappedKeyMaximum) {
    return std::unexpected(UnwrapError::kBadLength);
  }
  const base::Bytes length_bytes = wrapped_key.last(kLengthSize);
  if (base::load_u16(length_bytes, 0) != wrapped_key.size())
    return std::unexpected(UnwrapError::kBadLength);

  const base::Bytes tag = wrapped_key.first(kTagSize);
  const std::size_t plain_size = wrapped_key.size() - kTagSize - kLengthSize;
  // On the stack: what a stranger can make us do for every packet does not allocate.
  std::array<std::uint8_t, kWrappedKeyMaximum> room;
  const Wiped plain{std::span(room).first(plain_size)};
  base::copy_bytes(wrapped_key.subspan(kTagSize, plain_size), plain.bytes);
  cipher_.apply(tag.first(kIvSize), plain.bytes);

  Tag expected{};
  mac_.compute({length_bytes, plain.bytes}, expected);
  if (!crypto::constant_time_equal(tag, expected)) return std::unexpected(UnwrapError::kNotOurs);

  const base::Bytes metadata = plain.bytes.subspan(StaticKey::kSize);
  return UnwrappedClientKey{StaticKey(plain.bytes.first(StaticKey::kSize)),
                            {metadata.begin(), metadata.end()}};
}

std::optional<base::Bytes> trailing_wrapped_key(base::Bytes packet) {
  if (packet.size() < 1 + kWrappedKeyMinimum) return std::nullopt;
  const std::size_t length = base::load_u16(packet, packet.size() - kLengthSize);
  if (length < kWrappedKeyMinimum || length > kWrappedKeyMaximum || length > packet.size() - 1) {
    return std::nullopt;
  }
  return packet.last(length);
}

}  // namespace sallyport::openvpn
