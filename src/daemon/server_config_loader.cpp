#include "daemon/server_config_loader.h"

#include <filesystem>

#include "crypto/tls_openssl.h"
#include "openvpn/profile/config_lexer.h"

namespace sallyport::daemon {
namespace {

// Paths are as the file says, seen from the file itself.
class FilesOfServer final : public openvpn::ServerFiles {
 public:
  FilesOfServer(std::filesystem::path directory, FileSource& source)
      : directory_(std::move(directory)), source_(source) {}

  std::expected<base::SecretBytes, std::string> read(std::string_view path) override {
    return source_.read(directory_ / path, openvpn::kMaxBundledFileSize);
  }
  std::expected<std::vector<std::string>, std::string> list(std::string_view folder) override {
    return source_.list(directory_ / folder, openvpn::kMaxClientFiles);
  }

 private:
  std::filesystem::path directory_;
  FileSource& source_;
};

}  // namespace

std::expected<openvpn::ReadServerConfig, std::string> read_server_file(const std::string& path,
                                                                       FileSource& source) {
  const auto content = source.read(path, openvpn::kMaxProfileSize);
  if (!content) return std::unexpected(content.error());
  FilesOfServer files(std::filesystem::path(path).parent_path(), source);
  return openvpn::read_server_config(path, content->reveal(), files);
}

std::expected<LoadedServer, std::vector<std::string>> load_server(const std::string& path,
                                                                  FileSource& source) {
  auto read = read_server_file(path, source);
  if (!read) return std::unexpected(std::vector{read.error()});
  if (!read->config) return std::unexpected(read->report.problems());
  auto tls = crypto::make_tls_factory(read->config->tls.clone());
  if (!tls) return std::unexpected(std::vector{path + ": " + tls.error()});
  LoadedServer loaded{std::move(*read->config), std::move(*tls), {}, {}, {}};
  for (const openvpn::ProfileIssue& warning : read->report.warnings)
    loaded.warnings.push_back(path + ": " + warning.option + ": " + warning.text);
  for (const std::string& name : loaded.config.watched)
    loaded.watched.push_back(std::filesystem::path(path).parent_path() / name);
  for (const openvpn::DirectiveReport& directive : read->report.directives) {
    if (directive.ruling.verdict != openvpn::Verdict::kIgnored) continue;
    loaded.ignored.push_back(path + ":" + std::to_string(directive.line) + ": " + directive.option +
                             " is ignored: " + directive.ruling.reason);
  }
  return loaded;
}

}  // namespace sallyport::daemon
