// Any bytes as a profile: a report comes back, and a Profile exactly when it is usable.
#include <algorithm>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/take_line.h"
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

// Without the carriage returns at their ends, which mean nothing.
std::vector<std::string_view> lines_of(base::Bytes file) {
  std::string_view rest = base::text_of(file);
  std::vector<std::string_view> lines;
  while (!rest.empty()) {
    std::string_view line = base::take_line(rest);
    while (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

// Of a <connection> only its first line: what stands in it are options of their own.
bool same_lines(const std::vector<std::string_view>& before, const DirectiveReport& one,
                const std::vector<std::string_view>& after, const DirectiveReport& other) {
  const unsigned last = one.option == "connection" ? one.line : one.end;
  if (last == one.end && one.end - one.line != other.end - other.line) return false;
  for (unsigned i = one.line; i <= last; ++i) {
    if (before[i - 1] != after[other.line + (i - one.line) - 1]) return false;
  }
  return true;
}

// Each line that was honoured still stands in the fixed file as an option, with all of its block,
// and in the same order. It may be refused now: what the file comes to is judged as a whole only
// where no single line stands in the way.
void expect_kept(base::Bytes file, const ReadProfile& before, base::Bytes fixed,
                 const ReadProfile& after) {
  const std::vector<std::string_view> file_lines = lines_of(file);
  const std::vector<std::string_view> fixed_lines = lines_of(fixed);
  auto next = after.report.directives.begin();
  for (const DirectiveReport& directive : before.report.directives) {
    if (directive.ruling.verdict != Verdict::kHonoured) continue;
    next = std::find_if(next, after.report.directives.end(), [&](const DirectiveReport& other) {
      return other.option == directive.option && other.ruling.verdict != Verdict::kIgnored &&
             same_lines(file_lines, directive, fixed_lines, other);
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
  expect_kept(input, read, fixed.text.reveal(),
              read_profile("fixed", fixed.text.reveal(), same_files));
  return 0;
}
