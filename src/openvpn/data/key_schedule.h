// How data keys come out of a TLS session (docs/protocol.md, "Key exchange"): by OpenVPN's own PRF
// over the key-method-2 messages, or, once negotiated, by the TLS exporter. Either way 256 bytes
// that are cut like a static key.
#pragma once

#include <optional>

#include "openvpn/wire/ids.h"
#include "openvpn/wire/key_method.h"
#include "openvpn/wire/static_key.h"

namespace sallyport::openvpn {

// What the exporter is asked for.
inline constexpr std::string_view kDataKeyExporterLabel = "EXPORTER-OpenVPN-datakeys";
inline constexpr std::string_view kDynamicTlsCryptExporterLabel =
    "EXPORTER-OpenVPN-dynamic-tls-crypt";

// Both ends' sources and session ids, whichever end we are.
std::optional<StaticKey> derive_data_keys_by_prf(const KeySource& client, const KeySource& server,
                                                 SessionId client_session,
                                                 SessionId server_session);

// The key that wraps control packets of rekeys once dynamic tls-crypt is negotiated
// (docs/protocol.md, "Key exchange"): the exported bytes xored with the key of the original
// wrapping; `original` is null when there is none.
StaticKey dynamic_tls_crypt_key(base::Bytes exported, const StaticKey* original);

}  // namespace sallyport::openvpn
