#include "openvpn/server/client_abilities.h"

#include <algorithm>

#include "base/parse_number.h"
#include "openvpn/profile/printable.h"
#include "openvpn/session/options_string.h"

namespace sallyport::openvpn {
namespace {

// Real ones have fewer than 30 lines.
constexpr int kMostLines = 256;

void add_ciphers(std::string_view list, std::vector<DataCipher>& ciphers) {
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(':'));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    const auto algorithm = data_cipher_by_name(name);
    if (algorithm && std::ranges::find(ciphers, *algorithm) == ciphers.end())
      ciphers.push_back(*algorithm);
  }
}

}  // namespace

ClientAbilities ClientAbilities::parse(std::string_view peer_info, std::string_view options) {
  ClientAbilities client;
  client.has_compression = options_say_compression(options);
  bool negotiates = false;
  for (int i = 0; i < kMostLines && !peer_info.empty(); ++i) {
    const std::string_view line = peer_info.substr(0, peer_info.find('\n'));
    peer_info.remove_prefix(std::min(peer_info.size(), line.size() + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "IV_PROTO") {
      client.protocol = base::parse_number<std::uint32_t>(value).value_or(0);
    } else if (key == "IV_CIPHERS") {
      client.lists_ciphers = true;
      add_ciphers(value, client.ciphers);
    } else if (key == "IV_NCP") {
      negotiates = base::parse_number<unsigned>(value).value_or(0) >= 2;
    } else if (key == "IV_MTU") {
      client.takes_mtu = true;
    } else if (key == "IV_COMP_STUBv2") {
      client.takes_stub_v2 = value == "1";
    } else if (key == "IV_VER") {
      client.version = printable(value);
    }
  }
  if (client.lists_ciphers) return client;
  if (negotiates) {
    client.ciphers = {DataCipher::kAes256Gcm, DataCipher::kAes128Gcm};
  } else if (const auto cipher = cipher_of_options(options)) {
    add_ciphers(*cipher, client.ciphers);
  }
  return client;
}

std::optional<DataCipher> negotiate_cipher(const std::vector<DataCipher>& ours,
                                           std::optional<DataCipher> fallback,
                                           const ClientAbilities& client) {
  for (const DataCipher algorithm : ours) {
    if (std::ranges::find(client.ciphers, algorithm) != client.ciphers.end()) return algorithm;
  }
  // For a client that says nothing of ciphers at all.
  if (client.ciphers.empty() && !client.lists_ciphers) return fallback;
  return std::nullopt;
}

ProtocolFlags flags_for(const ClientAbilities& client) {
  ProtocolFlags flags;
  flags.tls_ekm = client.can(ProtocolAbility::kTlsKeyExport);
  flags.cc_exit = client.can(ProtocolAbility::kExitNotify);
  flags.dynamic_tls_crypt =
      flags.cc_exit && flags.tls_ekm && client.can(ProtocolAbility::kDynamicTlsCrypt);
  return flags;
}

CompressionFraming migrated_framing(const ClientAbilities& client) {
  if (!client.has_compression) return CompressionFraming::kNone;
  // An old client has none but comp-lzo.
  return client.takes_stub_v2 ? CompressionFraming::kStubV2 : CompressionFraming::kLzo;
}

std::string_view migration_push(CompressionFraming framing) {
  return framing == CompressionFraming::kStubV2 ? "compress stub-v2" : "comp-lzo no";
}

}  // namespace sallyport::openvpn
