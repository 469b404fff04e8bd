#include "openvpn/wire/key_method.h"

#include <algorithm>
#include <string_view>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint8_t kKeyMethod2 = 2;

using ParseError = KeyMethodMessage::ParseError;

// What is longer than a length can say is cut: a login so long is none, and what stands behind it
// is still read right.
void write_string(base::ByteWriter& writer, base::Bytes text) {
  constexpr std::size_t kLongest = 0xffff - 1;
  text = text.first(std::min(text.size(), kLongest));
  if (text.empty()) {
    writer.u16(0);
    return;
  }
  writer.u16(static_cast<std::uint16_t>(text.size() + 1));
  writer.bytes(text);
  writer.u8(0);
}

// A string with its NUL as the last byte and no other; what is not there at all is empty.
std::expected<base::Bytes, ParseError> read_string(base::ByteReader& reader) {
  if (reader.done()) return base::Bytes{};
  const auto length = reader.u16();
  if (!length) return std::unexpected(ParseError::kIncomplete);
  const auto bytes = reader.take(*length);
  if (!bytes) return std::unexpected(ParseError::kIncomplete);
  if (bytes->empty()) return base::Bytes{};
  if (base::text_of(*bytes).find('\0') != bytes->size() - 1)
    return std::unexpected(ParseError::kMalformed);
  return bytes->first(bytes->size() - 1);
}

template <std::size_t N>
bool read_secret(base::ByteReader& reader, base::SecretArray<N>& secret) {
  const auto bytes = reader.take(N);
  if (bytes) secret = base::SecretArray<N>(*bytes);
  return bytes.has_value();
}

}  // namespace

KeySource KeySource::random(base::Rng& rng) {
  KeySource source;
  rng.fill(source.pre_master.reveal_mutable());
  rng.fill(source.random1.reveal_mutable());
  rng.fill(source.random2.reveal_mutable());
  return source;
}

base::SecretBytes KeyMethodMessage::serialize(Role sender) const {
  // Reserved in full, so that no half-grown copy of the secrets stays behind in freed memory.
  base::ByteWriter writer(128 + options.size() + username.size() + password.size() +
                          peer_info.size());
  writer.u32(0);
  writer.u8(kKeyMethod2);
  if (sender == Role::kClient) writer.bytes(source.pre_master.reveal());
  writer.bytes(source.random1.reveal());
  writer.bytes(source.random2.reveal());
  write_string(writer, base::bytes_of(options));
  write_string(writer, username.reveal());
  write_string(writer, password.reveal());
  write_string(writer, base::bytes_of(peer_info));
  return base::SecretBytes(writer.take());
}

std::expected<KeyMethodMessage, ParseError> KeyMethodMessage::parse(Role sender,
                                                                    base::Bytes bytes) {
  base::ByteReader reader(bytes);
  KeyMethodMessage message;
  const auto zero = reader.u32();
  const auto method = reader.u8();
  if (!zero || !method) return std::unexpected(ParseError::kIncomplete);
  if (*zero != 0 || (*method & 0x0f) != kKeyMethod2) return std::unexpected(ParseError::kMalformed);
  if ((sender == Role::kClient && !read_secret(reader, message.source.pre_master)) ||
      !read_secret(reader, message.source.random1) ||
      !read_secret(reader, message.source.random2)) {
    return std::unexpected(ParseError::kIncomplete);
  }
  if (reader.done()) return std::unexpected(ParseError::kIncomplete);
  const auto options = read_string(reader);
  if (!options) return std::unexpected(options.error());
  if (options->empty()) return std::unexpected(ParseError::kMalformed);
  const auto username = read_string(reader);
  if (!username) return std::unexpected(username.error());
  const auto password = read_string(reader);
  if (!password) return std::unexpected(password.error());
  const auto peer_info = read_string(reader);
  if (!peer_info) return std::unexpected(peer_info.error());

  message.options = base::text_of(*options);
  message.username = base::SecretBytes(*username);
  message.password = base::SecretBytes(*password);
  message.peer_info = base::text_of(*peer_info);
  return message;
}

}  // namespace sallyport::openvpn
