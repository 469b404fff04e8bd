// A server's configuration of any bytes, with a file behind every name. What is usable has what a
// server needs, and what is said about the rest is fit for a terminal.
#include <algorithm>
#include <string>

#include "base/check.h"
#include "expect_text.h"
#include "openvpn/server/server_config_reader.h"

namespace sallyport::openvpn {
namespace {

class AnyFiles final : public ServerFiles {
 public:
  explicit AnyFiles(base::Bytes content) : content_(content) {}
  std::expected<base::SecretBytes, std::string> read(std::string_view path) override {
    if (path.ends_with('!')) return std::unexpected("no such file");
    return base::SecretBytes(content_);
  }
  std::expected<std::vector<std::string>, std::string> list(std::string_view) override {
    return std::vector<std::string>{"alice", "DEFAULT"};
  }

 private:
  base::Bytes content_;
};

void read(base::Bytes file) {
  // Files are what stands behind the first NUL.
  const auto end = std::ranges::find(file, std::uint8_t{0});
  const auto size = static_cast<std::size_t>(end - file.begin());
  AnyFiles files(size < file.size() ? file.subspan(size + 1) : base::Bytes{});
  const ReadServerConfig result = read_server_config("server.conf", file.first(size), files);
  CHECK(result.config.has_value() == result.report.usable());
  for (const std::string& problem : result.report.problems()) fuzz::expect_text(problem, 4096);
  for (const ProfileIssue& warning : result.report.warnings) fuzz::expect_text(warning.text, 4096);
  if (!result.config) return;
  const ServerConfig& config = *result.config;
  CHECK(config.pool && config.pool->first <= config.pool->last);
  CHECK(config.pool->network.contains(base::IpAddress::v4(config.pool->first)));
  CHECK(config.pool->network.contains(base::IpAddress::v4(config.pool->last)));
  if (const auto& network6 = config.pool->network6)
    CHECK(network6->contains(config.pool->first6) && config.pool->size6 > 0);
  CHECK(!config.listen.empty() && !config.ciphers.empty() && config.max_clients > 0);
  CHECK(config.wraps.tls_crypt_v2 || config.wraps.other);
  CHECK(config.certificates == ClientCertificates::kRequired || config.login.users);
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::openvpn::read(sallyport::base::Bytes(data, size));
  return 0;
}
