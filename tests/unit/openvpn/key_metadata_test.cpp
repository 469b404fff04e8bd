#include "openvpn/wire/key_metadata.h"

#include <algorithm>

#include "openvpn/wire/tls_crypt_v2_key.h"
#include "test.h"
#include "vectors.h"

namespace sallyport::openvpn {
namespace {

using Octets = std::vector<std::uint8_t>;

KeyMetadata metadata_in(std::string_view client_file) {
  const TlsCryptV2ServerKey server(vectors::counting_bytes(TlsCryptV2ServerKey::kSize));
  return parse_metadata(
      server.unwrap(TlsCryptV2ClientKey::parse(client_file)->wrapped_key())->metadata);
}

TEST_SUITE("openvpn/key_metadata") {
  TEST_CASE("what the published client keys say is read") {
    const auto timestamp = std::get<TimestampMetadata>(metadata_in(vectors::kClientKeyTimestamp));
    EXPECT(timestamp.made.time_since_epoch().count() == 0);
    const auto user = std::get<UserMetadata>(metadata_in(vectors::kClientKeyUser));
    EXPECT(user.bytes.size() == 6);
  }

  TEST_CASE("each kind comes back from its bytes") {
    const KeyMetadata all[] = {
        UserMetadata{{}}, UserMetadata{{0, 1, 255}},
        TimestampMetadata{base::WallTime(std::chrono::seconds(1'700'000'000))},
        TimestampMetadata{base::WallTime(std::chrono::seconds(-1))}};
    for (const KeyMetadata& metadata : all) EXPECT(parse_metadata(serialize(metadata)) == metadata);
    EXPECT(serialize(OtherMetadata{}).empty());
  }

  TEST_CASE("what does not have the form of its type is no timestamp and no text") {
    const Octets odd[] = {
        {}, {2, 1}, {1}, {1, 0, 0, 0, 0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}};
    for (const Octets& bytes : odd)
      EXPECT(std::holds_alternative<OtherMetadata>(parse_metadata(bytes)));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
