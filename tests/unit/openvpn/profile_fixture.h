// A small profile that is usable, to which a test adds its lines, and the files beside it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "openvpn/profile/profile_reader.h"

namespace sallyport::openvpn {

class FakeFiles final : public ProfileFiles {
 public:
  // Holds ca.crt, client.crt, client.key, ca.crl, plain.key and ta.key.
  FakeFiles();
  std::expected<base::SecretBytes, std::string> read(std::string_view file_name) override;

  std::map<std::string, std::string, std::less<>> files;
};

// client, dev, remote, ca, remote-cert-tls and auth-user-pass on lines 1 to 6.
std::string usable_profile();
// A tls-auth or tls-crypt key as it stands in a file.
std::string static_key_text();

ReadProfile read_text(std::string_view text);
// usable_profile() with `lines` behind it, the first of them on line 7.
ReadProfile read_with(std::string_view lines);

// What the report says about the option on `line`; a verdict of refused with the reason "(no such
// line)" when there is nothing on it.
Ruling ruling_at(const ProfileReport& report, unsigned line);
inline constexpr unsigned kFirstAdded = 7;

bool has_warning(const ProfileReport& report, std::string_view option);
bool has_error(const ProfileReport& report, std::string_view option);

}  // namespace sallyport::openvpn
