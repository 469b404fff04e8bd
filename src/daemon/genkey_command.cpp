#include "daemon/genkey_command.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdio>

#include "base/hex.h"
#include "crypto/system_rng.h"
#include "daemon/exit_code.h"
#include "io/clock.h"
#include "io/file.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/base64.h"
#include "openvpn/server/auth_token.h"
#include "openvpn/wire/key_metadata.h"
#include "openvpn/wire/tls_crypt_v2_key.h"

namespace sallyport::daemon {
namespace {

// A client's key may stand in a whole profile.
constexpr std::size_t kMaxKeyFile = 1024 * 1024;

using openvpn::TlsCryptV2ClientKey;
using openvpn::TlsCryptV2ServerKey;
using Outcome = std::expected<void, std::string>;

std::expected<base::SecretBytes, std::string> read(const std::string& path) {
  auto content = io::read_file(path, kMaxKeyFile);
  if (!content) return std::unexpected(content.error().text);
  return std::move(*content);
}

template <class Key>
std::expected<Key, std::string> read_key(const std::string& path) {
  const auto content = read(path);
  if (!content) return std::unexpected(content.error());
  auto key = Key::parse(content->reveal_text());
  if (!key) return std::unexpected(path + ": " + key.error());
  return std::move(*key);
}

std::expected<TlsCryptV2ServerKey, std::string> server_key(const GenkeyOptions& options) {
  if (options.server_key.empty()) return std::unexpected(options.kind + " needs --server-key");
  return read_key<TlsCryptV2ServerKey>(options.server_key);
}

Outcome write(const GenkeyOptions& options, const base::SecretBytes& content) {
  const auto existing = options.force ? io::Existing::kReplaced : io::Existing::kKept;
  const auto written = io::write_secret_file(options.file, content.reveal(), existing);
  if (!written) return std::unexpected(written.error().text);
  return {};
}

std::expected<openvpn::KeyMetadata, std::string> metadata(const GenkeyOptions& options) {
  openvpn::UserMetadata user;
  if (!options.metadata_base64.empty()) {
    const auto bytes = openvpn::decode_base64(options.metadata_base64);
    if (!bytes) return std::unexpected("--metadata-base64 is not base64");
    user.bytes.assign(bytes->reveal().begin(), bytes->reveal().end());
  } else if (!options.metadata.empty()) {
    user.bytes.assign(options.metadata.begin(), options.metadata.end());
  } else {
    return openvpn::TimestampMetadata{io::read_clock().wall};
  }
  if (user.bytes.size() >= openvpn::kMaxMetadataSize) {
    return std::unexpected(
        fmt::format("the metadata is longer than {} bytes", openvpn::kMaxMetadataSize - 1));
  }
  return user;
}

Outcome make_client_key(const GenkeyOptions& options, base::Rng& rng) {
  const auto server = server_key(options);
  if (!server) return std::unexpected(server.error());
  const auto described = metadata(options);
  if (!described) return std::unexpected(described.error());
  openvpn::StaticKey key = openvpn::StaticKey::random(rng);
  const auto wrapped = server->wrap(key, openvpn::serialize(*described));
  return write(options, TlsCryptV2ClientKey(std::move(key), wrapped).to_file());
}

void print(const openvpn::OtherMetadata&) {
  fmt::print("metadata     none that is known\n");
}

void print(const openvpn::UserMetadata& user) {
  fmt::print("metadata     {}\n", openvpn::printable(base::text_of(user.bytes), user.bytes.size()));
}

void print(const openvpn::TimestampMetadata& timestamp) {
  const auto age = io::read_clock().wall - timestamp.made;
  fmt::print("made         {:%Y-%m-%d %H:%M:%S} UTC\n",
             fmt::gmtime(timestamp.made.time_since_epoch().count()));
  fmt::print("age          {} days\n", std::chrono::floor<std::chrono::days>(age).count());
}

Outcome inspect(const GenkeyOptions& options) {
  const auto server = server_key(options);
  if (!server) return std::unexpected(server.error());
  const auto client = read_key<TlsCryptV2ClientKey>(options.file);
  if (!client) return std::unexpected(client.error());
  const auto unwrapped = server->unwrap(client->wrapped_key());
  if (!unwrapped) {
    return std::unexpected(options.file + " was not wrapped by the key in " + options.server_key);
  }
  if (openvpn::fingerprint_of(unwrapped->key) != openvpn::fingerprint_of(client->key())) {
    return std::unexpected(options.file + " holds another key than the one that is wrapped");
  }
  std::visit([](const auto& value) { print(value); }, openvpn::parse_metadata(unwrapped->metadata));
  fmt::print("fingerprint  {}\n", base::hex_encode(openvpn::fingerprint_of(unwrapped->key)));
  return {};
}

Outcome generate(const GenkeyOptions& options) {
  crypto::SystemRng rng;
  if (options.kind == "tls-crypt-v2-server")
    return write(options, TlsCryptV2ServerKey::random(rng).to_file());
  if (options.kind == "tls-crypt-v2-client") return make_client_key(options, rng);
  if (options.kind == "auth-token")
    return write(options, openvpn::AuthTokenKey::random(rng).to_file());
  return inspect(options);
}

}  // namespace

int genkey_command(const GenkeyOptions& options) {
  const auto done = generate(options);
  if (done) return kExitDone;
  fmt::print(stderr, "sallyport: {}\n", done.error());
  return kExitFailed;
}

}  // namespace sallyport::daemon
