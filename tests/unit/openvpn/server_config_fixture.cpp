#include "server_config_fixture.h"

#include "counting_rng.h"
#include "profile_fixture.h"
#include "test_data.h"

namespace sallyport::openvpn {

FakeServerFiles::FakeServerFiles() {
  for (const char* name : {"ca.crt", "ca.crl", "server.crt", "server.key"})
    files["/etc/vpn/" + std::string(name)] = testing::read_test_data("pki/" + std::string(name));
  testing::CountingRng rng;
  files["v2.key"] = TlsCryptV2ServerKey::random(rng).to_file().reveal_text();
  files["locked.key"] = testing::read_test_data("pki/encrypted.key");
  files["ta.key"] = static_key_text();
  // Once for all tests: it takes its time on purpose.
  static const std::string hash = PasswordHash::make("x", rng).to_string();
  files["users"] = "alice:" + hash + "\n";
  files["deny"] = "# comment\nbob\n";
  files["revoked"] = std::string(64, 'a') + "\n";
  files["ccd/alice"] =
      "ifconfig-push 10.8.0.9 255.255.255.0\npush \"route 1.2.3.0 255.255.255.0\"\n";
}

std::expected<base::SecretBytes, std::string> FakeServerFiles::read(std::string_view path) {
  const auto file = files.find(path);
  if (file == files.end()) return std::unexpected("no such file");
  return base::SecretBytes(std::string_view(file->second));
}

std::expected<std::vector<std::string>, std::string> FakeServerFiles::list(
    std::string_view folder) {
  if (folder != "ccd") return std::unexpected("no such folder");
  return std::vector<std::string>{"alice"};
}

ReadServerConfig read_server(std::string_view text) {
  FakeServerFiles files;
  return read_server_config("server.conf", base::bytes_of(text), files);
}

ReadServerConfig read_added(std::string_view lines) {
  return read_server(std::string(kUsualServer) + std::string(lines));
}

std::optional<PoolOptions> pool_of(Topology topology, std::string_view lines) {
  std::string text =
      "ca /etc/vpn/ca.crt\ncert /etc/vpn/server.crt\nkey /etc/vpn/server.key\ndev tun\n"
      "tls-crypt-v2 v2.key\ntopology ";
  text += topology == Topology::kNet30 ? "net30" : topology == Topology::kP2p ? "p2p" : "subnet";
  auto read = read_server(text + "\n" + std::string(lines));
  return read.config ? read.config->pool : std::nullopt;
}

}  // namespace sallyport::openvpn
