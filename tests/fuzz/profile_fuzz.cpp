// Any bytes as a profile: a report comes back, and a Profile exactly when it is usable.
#include <algorithm>

#include "base/check.h"
#include "expect_text.h"
#include "openvpn/profile/profile_fix.h"
#include "openvpn/profile/profile_reader.h"

namespace sallyport::openvpn {
namespace {

using fuzz::expect_text;

constexpr std::size_t kLongestText = 2000;

// Every file has what the profile itself begins with, so that the input decides about both.
class EchoingFiles final : public ProfileFiles {
 public:
  explicit EchoingFiles(base::Bytes content) : content_(content) {}
  std::expected<base::SecretBytes, std::string> read(std::string_view file_name) override {
    CHECK(!file_name.empty() && file_name.find_first_of("/\\") == std::string_view::npos);
    if (file_name.starts_with("missing")) return std::unexpected("no such file");
    return base::SecretBytes(content_);
  }

 private:
  base::Bytes content_;
};

void expect_sound(const Profile& profile) {
  CHECK(!profile.remotes.empty());
  CHECK(!profile.ciphers.offered.empty());
  CHECK(profile.tls.peer.tells_peers_apart());
  CHECK(profile.replay_window >= 2048);
  CHECK(profile.tunnel.tun_mtu <= TunnelOptions::kMaxTunMtu);
  for (const Remote& remote : profile.remotes) {
    CHECK(remote.port != 0);
    CHECK(remote.wrap < profile.wraps.size());
    expect_text(remote.host, 254);
  }
}

// What the file says after it was fixed has all that it said before.
void expect_kept(const ReadProfile& before, const ReadProfile& after) {
  auto next = after.report.directives.begin();
  for (const DirectiveReport& directive : before.report.directives) {
    if (directive.ruling.verdict != Verdict::kHonoured) continue;
    next = std::find_if(next, after.report.directives.end(), [&](const DirectiveReport& other) {
      return other.option == directive.option && other.ruling.verdict == Verdict::kHonoured;
    });
    CHECK(next != after.report.directives.end());
    ++next;
  }
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  using namespace sallyport::openvpn;
  const base::Bytes input(data, size);
  EchoingFiles files(input);
  const ReadProfile read = read_profile("fuzz", input, files);
  CHECK(read.report.usable() == read.profile.has_value());
  CHECK(read.report.usable() == read.report.problems().empty());
  unsigned line = 0;
  for (const DirectiveReport& directive : read.report.directives) {
    CHECK(directive.line > line);
    line = directive.line;
    expect_text(directive.option, 100);
    expect_text(directive.ruling.reason, kLongestText);
    CHECK(directive.ruling.verdict == Verdict::kHonoured || !directive.ruling.reason.empty());
  }
  for (const auto* issues : {&read.report.errors, &read.report.warnings}) {
    for (const ProfileIssue& issue : *issues) expect_text(issue.text, kLongestText);
  }
  if (read.profile) expect_sound(*read.profile);
  const FixedProfile fixed = fix_profile(input, read.report);
  EchoingFiles same_files(input);
  expect_kept(read, read_profile("fixed", fixed.text.reveal(), same_files));
  return 0;
}
