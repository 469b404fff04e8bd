// What a server's file is told about each option that OpenVPN knows.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "openvpn/profile/option_table.h"
#include "openvpn/server/server_draft.h"
#include "openvpn/server/server_option_rows.h"
#include "profile_fixture.h"
#include "server_config_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

std::vector<std::string_view> known_options() {
  std::vector<std::string_view> names;
  for (const auto rows : {honoured_options(), ignored_options(), refused_options()}) {
    for (const OptionRow& row : rows) names.push_back(row.name);
  }
  for (const auto rows : {server_network_options(), server_listen_options(), server_route_options(),
                          server_access_options(), server_environment_options()}) {
    for (const ServerOptionRow& row : rows) names.push_back(row.name);
  }
  return names;
}

// Values that lead handlers to most of what they can say.
constexpr std::string_view kValues[] = {
    "",
    "x",
    "x y",
    "server",
    "client",
    "none",
    "no",
    "yes",
    "0",
    "1",
    "1 1",
    "9000",
    "60000 60000",
    "-1",
    "1.0",
    "1.3",
    "2.0",
    "lzo",
    "migrate",
    "insecure",
    "suiteb",
    "*",
    "BF-CBC",
    "DEFAULT",
    "a:b",
    "/etc/vpn/ca.crt",
    "ta.key",
    "locked.key",
    "v2.key",
    "AES-256-CBC:BF-CBC",
    "DEFAULT:@SECLEVEL=0",
    "10.0.0.0 255.0.0.0",
    "fd00::/64",
};

bool has_handler(std::string_view option) {
  if (is_shared_option(option)) return true;
  for (const auto rows : {server_network_options(), server_listen_options(), server_route_options(),
                          server_access_options(), server_environment_options()}) {
    if (std::ranges::find(rows, option, &ServerOptionRow::name) != rows.end()) return true;
  }
  return false;
}

// Of a file without a key: TLS is not tried, which takes its time.
void add_texts(const std::string& lines, std::set<std::string>& texts) {
  static const std::string usual = [] {
    std::string text(kUsualServer);
    const std::size_t key = text.find("key /etc");
    return text.erase(key, text.find('\n', key) + 1 - key);
  }();
  const ProfileReport report = read_server(usual + lines).report;
  for (const DirectiveReport& directive : report.directives) {
    texts.insert(directive.ruling.reason);
    texts.insert(directive.remedy.text);
  }
  for (const ProfileIssue& issue : report.errors) texts.insert(issue.text);
  for (const ProfileIssue& issue : report.warnings) texts.insert(issue.text);
}

// The texts that a server's file can show for an option: of its line, and of the whole.
std::set<std::string> texts_for(const std::string& option) {
  std::set<std::string> texts;
  add_texts("<" + option + ">\nx\n</" + option + ">\n", texts);
  if (!has_handler(option)) {
    add_texts(option + "\n", texts);
    return texts;
  }
  for (const std::string_view value : kValues) {
    add_texts(option + " " + std::string(value) + "\n", texts);
  }
  return texts;
}

TEST_SUITE("openvpn/server_reasons") {
  TEST_CASE("every option that OpenVPN knows has exactly one row for servers") {
    std::multiset<std::string_view> rows;
    for (const auto reasons : {options_ignored_by_servers(), options_refused_by_servers()}) {
      for (const ServerReason& reason : reasons) {
        rows.insert(reason.name);
        CAPTURE(reason.name);
        EXPECT_FALSE(reason.reason.empty());
      }
    }
    for (const auto own :
         {server_network_options(), server_listen_options(), server_route_options(),
          server_access_options(), server_environment_options()}) {
      for (const ServerOptionRow& row : own) rows.insert(row.name);
    }
    for (const auto all : {honoured_options(), ignored_options(), refused_options()}) {
      for (const OptionRow& row : all) {
        CAPTURE(row.name);
        EXPECT(rows.count(row.name) + (is_shared_option(row.name) ? 1 : 0) == 1);
      }
    }
  }

  // With PRINT_REASONS in the environment they are printed, to be read.
  TEST_CASE("no reason that a server's file can show speaks of what only a gateway has") {
    const bool print = std::getenv("PRINT_REASONS") != nullptr;
    for (const std::string_view option : known_options()) {
      for (std::string text : texts_for(std::string(option))) {
        constexpr std::string_view kOptionName = "tls-cert-profile";
        if (const auto at = text.find(kOptionName); at != std::string::npos)
          text.erase(at, kOptionName.size());
        if (print) std::printf("%s: %s\n", std::string(option).c_str(), text.c_str());
        for (const std::string_view foreign :
             {"AppVM", "uplink", "this VM", "profile", "provider", "reconnect", "net qube", "--fix",
              "netvm", "the server's file", "this is a server's", "customer", "Sallyport",
              "the remote"}) {
          CAPTURE(option);
          CAPTURE(text);
          EXPECT_FALSE(text.contains(foreign));
        }
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
