#include "daemon/check_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "daemon/exit_code.h"
#include "daemon/profile_loader.h"

namespace sallyport::daemon {
namespace {

using nlohmann::ordered_json;

ordered_json issues_json(const std::vector<openvpn::ProfileIssue>& issues) {
  ordered_json list = ordered_json::array();
  for (const openvpn::ProfileIssue& issue : issues)
    list.push_back({{"name", issue.option}, {"reason", issue.text}});
  return list;
}

void print_json(const openvpn::ProfileReport& report) {
  ordered_json object{{"profile", report.name}, {"usable", report.usable()}};
  object["options"] = ordered_json::array();
  for (const openvpn::DirectiveReport& entry : report.directives) {
    object["options"].push_back({{"line", entry.line},
                                 {"name", entry.option},
                                 {"verdict", openvpn::name_of(entry.ruling.verdict)},
                                 {"reason", entry.ruling.reason}});
  }
  object["errors"] = issues_json(report.errors);
  object["warnings"] = issues_json(report.warnings);
  fmt::print("{}\n", object.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

void print_text(const openvpn::ProfileReport& report) {
  for (const openvpn::DirectiveReport& entry : report.directives) {
    fmt::print("{:>5}  {:<28} {:<9} {}\n", entry.line, entry.option,
               openvpn::name_of(entry.ruling.verdict), entry.ruling.reason);
  }
  for (const openvpn::ProfileIssue& issue : report.warnings)
    fmt::print("warning: {}: {}\n", issue.option, issue.text);
  for (const openvpn::ProfileIssue& issue : report.errors)
    fmt::print("error: {}: {}\n", issue.option, issue.text);
  fmt::print("{} is {}\n", report.name, report.usable() ? "usable" : "not usable");
}

}  // namespace

int check_command(const CheckOptions& options) {
  DiskFiles files;
  const auto loaded = load_profile(options.file, files);
  if (!loaded) {
    fmt::print(stderr, "sallyport: {}\n", loaded.error());
    return kExitFailed;
  }
  if (options.json) {
    print_json(loaded->report);
  } else {
    print_text(loaded->report);
  }
  for (const std::string& problem : loaded->report.problems())
    fmt::print(stderr, "sallyport: {}\n", problem);
  return loaded->report.usable() ? kExitDone : kExitFailed;
}

}  // namespace sallyport::daemon
