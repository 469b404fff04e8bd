#include "openvpn/profile/profile_fix.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/byte_writer.h"
#include "base/take_line.h"

namespace sallyport::openvpn {
namespace {

// The last line of an option counts: what is put in place of a line may not take the place of
// another one, which holds.
bool would_override(const Remedy& remedy, const ProfileReport& report) {
  if (remedy.fix != Remedy::Fix::kReplace) return false;
  const std::string_view option = std::string_view(remedy.line).substr(0, remedy.line.find(' '));
  return std::ranges::any_of(report.directives, [&](const DirectiveReport& other) {
    return other.option == option && other.ruling.verdict == Verdict::kHonoured;
  });
}

bool is_mendable(const DirectiveReport& refused, const ProfileReport& report) {
  return refused.remedy.fix != Remedy::Fix::kNone && !would_override(refused.remedy, report);
}

class Mender {
 public:
  Mender(base::Bytes file, const ProfileReport& report)
      : rest_(base::text_of(file)), report_(report), out_(file.size() + kRoom) {}

  FixedProfile mend() {
    while (!rest_.empty()) {
      ++number_;
      const std::string_view line = base::take_line(rest_);
      const DirectiveReport* const refused = refused_at(number_);
      if (refused == nullptr) {
        write(line);
      } else {
        mend_line(line, *refused);
      }
    }
    for (const ProfileIssue& warning : report_.warnings) {
      if (warning.addition.empty()) continue;
      write("# sallyport: added, since " + warning.text);
      write(warning.addition);
      ++fixed_.changes;
    }
    fixed_.text = base::SecretBytes(out_.take());
    return std::move(fixed_);
  }

 private:
  // Each directive costs two lines of comment at most.
  static constexpr std::size_t kRoom = 4 * 1024 * 1024;

  void write(std::string_view line) {
    out_.bytes(base::bytes_of(line));
    out_.u8('\n');
  }

  const DirectiveReport* refused_at(unsigned line) const {
    const auto found = std::ranges::find(report_.directives, line, &DirectiveReport::line);
    if (found == report_.directives.end() || found->ruling.verdict != Verdict::kRefused)
      return nullptr;
    return &*found;
  }

  void mend_line(std::string_view line, const DirectiveReport& refused) {
    if (!is_mendable(refused, report_)) {
      ++fixed_.left;
      return write(line);
    }
    ++fixed_.changes;
    write("# sallyport: " + refused.option + ": " + refused.ruling.reason);
    comment_out(line, refused.end);
    if (refused.remedy.fix == Remedy::Fix::kReplace) write(refused.remedy.line);
  }

  // With all of its block, as far as the reader took it.
  void comment_out(std::string_view line, unsigned end) {
    write("#" + std::string(line));
    while (number_ < end && !rest_.empty()) {
      ++number_;
      write("#" + std::string(base::take_line(rest_)));
    }
  }

  std::string_view rest_;
  const ProfileReport& report_;
  base::ByteWriter out_;
  unsigned number_ = 0;
  FixedProfile fixed_;
};

}  // namespace

FixCount count_fixes(const ProfileReport& report) {
  FixCount count;
  for (const DirectiveReport& directive : report.directives) {
    if (directive.ruling.verdict != Verdict::kRefused) continue;
    ++count.refused;
    if (is_mendable(directive, report)) ++count.mendable;
  }
  return count;
}

FixedProfile fix_profile(base::Bytes file, const ProfileReport& report) {
  return Mender(file, report).mend();
}

}  // namespace sallyport::openvpn
