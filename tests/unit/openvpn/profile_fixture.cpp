#include "profile_fixture.h"

#include <algorithm>

#include "test_data.h"

namespace sallyport::openvpn {

using testing::read_test_data;

FakeFiles::FakeFiles() {
  for (const char* name : {"ca.crt", "ca.crl", "client.crt", "client.key", "plain.key"})
    files[name] = read_test_data("pki/" + std::string(name));
  files["ta.key"] = static_key_text();
}

std::expected<base::SecretBytes, std::string> FakeFiles::read(std::string_view file_name) {
  const auto file = files.find(file_name);
  if (file == files.end()) return std::unexpected("no such file");
  return base::SecretBytes(std::string_view(file->second));
}

std::string usable_profile() {
  return "client\ndev tun\nremote vpn.example.net 1194 udp\nca ca.crt\nremote-cert-tls server\n"
         "auth-user-pass\n";
}

std::string static_key_text() {
  std::string text = "-----BEGIN OpenVPN Static key V1-----\n";
  for (int i = 0; i < 16; ++i) text += "000102030405060708090a0b0c0d0e0f\n";
  return text + "-----END OpenVPN Static key V1-----\n";
}

ReadProfile read_text(std::string_view text) {
  FakeFiles files;
  return read_profile("test.ovpn", base::bytes_of(text), files);
}

ReadProfile read_with(std::string_view lines) {
  return read_text(usable_profile() + std::string(lines));
}

Ruling ruling_at(const ProfileReport& report, unsigned line) {
  const auto found = std::ranges::find(report.directives, line, &DirectiveReport::line);
  return found == report.directives.end() ? refused("(no such line)") : found->ruling;
}

bool has_warning(const ProfileReport& report, std::string_view option) {
  return std::ranges::find(report.warnings, option, &ProfileIssue::option) != report.warnings.end();
}

bool has_error(const ProfileReport& report, std::string_view option) {
  return std::ranges::find(report.errors, option, &ProfileIssue::option) != report.errors.end();
}

}  // namespace sallyport::openvpn
