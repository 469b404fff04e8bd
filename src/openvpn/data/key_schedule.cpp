#include "openvpn/data/key_schedule.h"

#include <array>
#include <vector>

#include "base/byte_writer.h"
#include "base/check.h"
#include "crypto/tls_prf.h"

namespace sallyport::openvpn {

std::optional<StaticKey> derive_data_keys_by_prf(const KeySource& client, const KeySource& server,
                                                 SessionId client_session,
                                                 SessionId server_session) {
  base::ByteWriter master_seed(128);
  master_seed.bytes(base::bytes_of("OpenVPN master secret"));
  master_seed.bytes(client.random1.reveal());
  master_seed.bytes(server.random1.reveal());
  base::SecretArray<48> master;
  if (!crypto::tls1_prf(client.pre_master.reveal(), base::SecretBytes(master_seed.take()).reveal(),
                        master.reveal_mutable()))
    return std::nullopt;

  base::ByteWriter key_seed(128);
  key_seed.bytes(base::bytes_of("OpenVPN key expansion"));
  key_seed.bytes(client.random2.reveal());
  key_seed.bytes(server.random2.reveal());
  key_seed.u64(client_session.value());
  key_seed.u64(server_session.value());
  base::SecretArray<StaticKey::kSize> keys;
  if (!crypto::tls1_prf(master.reveal(), base::SecretBytes(key_seed.take()).reveal(),
                        keys.reveal_mutable()))
    return std::nullopt;
  return StaticKey(keys.reveal());
}

StaticKey dynamic_tls_crypt_key(base::Bytes exported, const StaticKey* original) {
  CHECK(exported.size() == StaticKey::kSize);
  base::SecretArray<StaticKey::kSize> key(exported);
  if (original != nullptr) {
    for (std::size_t i = 0; i < StaticKey::kSize; ++i)
      key.reveal_mutable()[i] ^= original->reveal()[i];
  }
  return StaticKey(key.reveal());
}

}  // namespace sallyport::openvpn
