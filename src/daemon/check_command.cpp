#include "daemon/check_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "daemon/exit_code.h"
#include "daemon/profile_loader.h"
#include "io/file.h"
#include "openvpn/profile/config_lexer.h"
#include "openvpn/profile/profile_fix.h"

namespace sallyport::daemon {
namespace {

using nlohmann::ordered_json;

ordered_json issues_json(const std::vector<openvpn::ProfileIssue>& issues) {
  ordered_json list = ordered_json::array();
  for (const openvpn::ProfileIssue& issue : issues)
    list.push_back({{"name", issue.option}, {"reason", issue.text}});
  return list;
}

void print_json(const openvpn::ProfileReport& report, std::string_view what) {
  ordered_json object{{what, report.name}, {"usable", report.usable()}};
  object["options"] = ordered_json::array();
  for (const openvpn::DirectiveReport& entry : report.directives) {
    ordered_json option{{"line", entry.line},
                        {"name", entry.option},
                        {"verdict", openvpn::name_of(entry.ruling.verdict)},
                        {"reason", entry.ruling.reason}};
    if (!entry.remedy.text.empty()) {
      option["remedy"] = entry.remedy.text;
      option["fixable"] = entry.remedy.fix != openvpn::Remedy::Fix::kNone;
    }
    object["options"].push_back(std::move(option));
  }
  object["errors"] = issues_json(report.errors);
  object["warnings"] = issues_json(report.warnings);
  fmt::print("{}\n", object.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

void print_text(const openvpn::ProfileReport& report) {
  for (const openvpn::DirectiveReport& entry : report.directives) {
    fmt::print("{:>5}  {:<28} {:<9} {}\n", entry.line, entry.option,
               openvpn::name_of(entry.ruling.verdict), entry.ruling.reason);
    // Where the reason does not say it already.
    if (!entry.remedy.text.empty() && !entry.ruling.reason.contains(entry.remedy.text))
      fmt::print("{:>7}{:<38}to mend it: {}\n", "", "", entry.remedy.text);
  }
  for (const openvpn::ProfileIssue& issue : report.warnings)
    fmt::print("warning: {}: {}\n", issue.option, issue.text);
  for (const openvpn::ProfileIssue& issue : report.errors)
    fmt::print("error: {}: {}\n", issue.option, issue.text);
  fmt::print("{} is {}\n", report.name, report.usable() ? "usable" : "not usable");
}

// Only the user can decide what is left; what can be done is written all the same.
int write_fixed(const CheckOptions& options, const openvpn::ProfileReport& report) {
  DiskFiles files;
  const auto file = files.read(options.file, openvpn::kMaxProfileSize);
  if (!file) {
    fmt::print(stderr, "sallyport: {}\n", file.error());
    return kExitFailed;
  }
  const openvpn::FixedProfile fixed = openvpn::fix_profile(file->reveal(), report);
  const auto written =
      io::write_secret_file(options.fixed_file, fixed.text.reveal(), io::Existing::kKept);
  if (!written) {
    fmt::print(stderr, "sallyport: {}\n", written.error().text);
    return kExitFailed;
  }
  const auto again = load_profile(options.fixed_file, files);
  const bool usable = again && again->report.usable();
  fmt::print("{}: {} changed, {} left to you; it is {}\n", options.fixed_file, fixed.changes,
             fixed.left, usable ? "usable" : "not usable");
  if (again) {
    for (const std::string& problem : again->report.problems())
      fmt::print(stderr, "sallyport: {}\n", problem);
  }
  return usable ? kExitDone : kExitFailed;
}

}  // namespace

int check_command(const CheckOptions& options) {
  DiskFiles files;
  const auto loaded = load_profile(options.file, files);
  if (!loaded) {
    fmt::print(stderr, "sallyport: {}\n", loaded.error());
    return kExitFailed;
  }
  if (!options.fixed_file.empty()) return write_fixed(options, loaded->report);
  return print_report(loaded->report, "profile", options.json);
}

int print_report(const openvpn::ProfileReport& report, std::string_view what, bool json) {
  if (json) {
    print_json(report, what);
  } else {
    print_text(report);
  }
  for (const std::string& problem : report.problems())
    fmt::print(stderr, "sallyport: {}\n", problem);
  return report.usable() ? kExitDone : kExitFailed;
}

}  // namespace sallyport::daemon
