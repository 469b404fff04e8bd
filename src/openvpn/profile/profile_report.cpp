#include "openvpn/profile/profile_report.h"

#include <algorithm>

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

bool is_refused(const DirectiveReport& directive) {
  return directive.ruling.verdict == Verdict::kRefused;
}

}  // namespace

void ProfileReport::amend(unsigned line, Ruling ruling) {
  const auto directive = std::ranges::find(directives, line, &DirectiveReport::line);
  CHECK(directive != directives.end());
  directive->ruling = std::move(ruling);
  directive->remedy =
      is_refused(*directive) ? remedy_for(directive->option, directive->ruling, nullptr) : Remedy{};
}

void ProfileReport::amend_honoured(unsigned line, Ruling ruling) {
  const auto directive = std::ranges::find(directives, line, &DirectiveReport::line);
  CHECK(directive != directives.end());
  if (directive->ruling.verdict == Verdict::kHonoured) amend(line, std::move(ruling));
}

void ProfileReport::blame(std::optional<unsigned> line, std::string_view option,
                          std::string reason) {
  if (line) {
    amend(*line, refused(std::move(reason)));
  } else {
    errors.push_back({std::string(option), std::move(reason)});
  }
}

bool ProfileReport::usable() const {
  return errors.empty() && std::ranges::none_of(directives, is_refused);
}

std::vector<std::string> ProfileReport::problems() const {
  std::vector<std::string> lines;
  for (const DirectiveReport& directive : directives) {
    if (!is_refused(directive)) continue;
    lines.push_back(name + ":" + std::to_string(directive.line) + ": " + directive.option + ": " +
                    directive.ruling.reason);
  }
  for (const ProfileIssue& error : errors) {
    lines.push_back(name + ": " + (error.option.empty() ? "" : error.option + ": ") + error.text);
  }
  return lines;
}

}  // namespace sallyport::openvpn
