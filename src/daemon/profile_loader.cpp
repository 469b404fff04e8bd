#include "daemon/profile_loader.h"

#include "base/take_line.h"
#include "crypto/tls_openssl.h"
#include "openvpn/profile/config_lexer.h"

namespace sallyport::daemon {
namespace {

constexpr std::size_t kMaxCredentialsSize = 64 * 1024;

}  // namespace

FilesBeside::FilesBeside(const std::string& profile, FileSource& source)
    : directory_(std::filesystem::path(profile).parent_path()), source_(source) {}

std::expected<base::SecretBytes, std::string> FilesBeside::read(std::string_view file_name) {
  return source_.read(directory_ / file_name, openvpn::kMaxBundledFileSize);
}

std::expected<LoadedProfile, std::string> load_profile(const std::string& path,
                                                       FileSource& source) {
  const auto content = source.read(path, openvpn::kMaxProfileSize);
  if (!content) return std::unexpected(content.error());
  FilesBeside files(path, source);
  auto read = openvpn::read_profile(std::filesystem::path(path).filename().string(),
                                    content->reveal(), files);
  return LoadedProfile{std::move(read.report), std::move(read.profile)};
}

LoadedProfiles load_profiles(const std::vector<std::string>& paths, FileSource& source) {
  LoadedProfiles loaded;
  for (const std::string& path : paths) {
    auto read = load_profile(path, source);
    if (!read) {
      loaded.problems.push_back(read.error());
      continue;
    }
    if (read->report.directives.empty()) {
      loaded.problems.push_back(path + ": there is no profile in it");
      continue;
    }
    for (std::string& problem : read->report.problems())
      loaded.problems.push_back(std::move(problem));
    if (!read->profile) continue;
    if (read->profile->locked_key) {  // a person has to open it
      loaded.usable.push_back({std::move(*read->profile), nullptr});
      continue;
    }
    auto tls = crypto::make_tls_factory(read->profile->tls.clone());
    if (!tls) {
      loaded.problems.push_back(path + ": " + tls.error());
      continue;
    }
    loaded.usable.push_back({std::move(*read->profile), std::move(*tls)});
  }
  return loaded;
}

std::expected<std::optional<openvpn::Credentials>, std::string> load_credentials(
    const std::string& path, FileSource& source) {
  const auto content = source.read(path, kMaxCredentialsSize);
  if (!content) return std::unexpected(content.error());
  std::string_view rest = content->reveal_text();
  if (rest.starts_with(base::kByteOrderMark)) rest.remove_prefix(base::kByteOrderMark.size());
  if (rest.find_first_not_of("\r\n") == rest.npos) return std::nullopt;
  const std::string_view username = base::take_line(rest);
  const std::string_view password = base::take_line(rest);
  if (username.empty() || password.empty())
    return std::unexpected(path + ": not a line of user name and a line of password");
  return openvpn::Credentials{base::SecretBytes(username), base::SecretBytes(password)};
}

}  // namespace sallyport::daemon
