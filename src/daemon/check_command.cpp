#include "daemon/check_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "daemon/exit_code.h"
#include "daemon/profile_loader.h"
#include "io/file.h"
#include "openvpn/profile/config_lexer.h"
#include "openvpn/profile/profile_fix.h"
#include "openvpn/profile/profile_inline.h"

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

void print_what_fix_does(const std::string& file, const openvpn::ProfileReport& report) {
  const openvpn::FixCount count = openvpn::count_fixes(report);
  if (count.mendable == 0) return;
  fmt::print("'sallyport check --fix NEW {}' mends {} of {} lines\n", file, count.mendable,
             count.refused);
}

// What was written is judged where it stands, by the files beside it there.
int write_new(const std::string& file, const base::SecretBytes& text, const std::string& summary) {
  const auto written = io::write_secret_file(file, text.reveal(), io::Existing::kKept);
  if (!written) {
    fmt::print(stderr, "sallyport: {}\n", written.error().text);
    return kExitFailed;
  }
  DiskFiles files;
  const auto again = load_profile(file, files);
  const bool usable = again && again->report.usable();
  fmt::print("{}: {}; it is {}\n", file, summary, usable ? "usable" : "not usable");
  if (again) {
    for (const std::string& problem : again->report.problems())
      fmt::print(stderr, "sallyport: {}\n", problem);
  }
  return usable ? kExitDone : kExitFailed;
}

// Only the user can decide what is left; what can be done is written all the same.
int write_changed(const CheckOptions& options, const openvpn::ProfileReport& report) {
  DiskFiles disk;
  const auto file = disk.read(options.file, openvpn::kMaxProfileSize);
  if (!file) {
    fmt::print(stderr, "sallyport: {}\n", file.error());
    return kExitFailed;
  }
  FilesBeside beside(options.file, disk);
  if (options.fixed_file.empty()) {
    const auto inlined = openvpn::inline_files(file->reveal(), report, beside);
    return write_new(options.inlined_file, inlined.text,
                     fmt::format("{} files taken in", inlined.files));
  }
  const openvpn::FixedProfile fixed = openvpn::fix_profile(file->reveal(), report);
  const auto read = openvpn::read_profile(report.name, fixed.text.reveal(), beside);
  const auto inlined = openvpn::inline_files(fixed.text.reveal(), read.report, beside);
  return write_new(options.fixed_file, inlined.text,
                   fmt::format("{} changed, {} left to you, {} files taken in", fixed.changes,
                               fixed.left, inlined.files));
}

}  // namespace

int check_command(const CheckOptions& options) {
  DiskFiles files;
  const auto loaded = load_profile(options.file, files);
  if (!loaded) {
    fmt::print(stderr, "sallyport: {}\n", loaded.error());
    return kExitFailed;
  }
  if (!options.fixed_file.empty() || !options.inlined_file.empty())
    return write_changed(options, loaded->report);
  const int code = print_report(loaded->report, "profile", options.json);
  if (!options.json) print_what_fix_does(options.file, loaded->report);
  return code;
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
