// The kinds of profiles that people have, and what becomes of each (tests/data/profiles).
#include <algorithm>
#include <map>
#include <sstream>

#include "openvpn/profile/locked_key.h"
#include "openvpn/profile/profile_fix.h"
#include "openvpn/push/base64.h"
#include "profile_fixture.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::openvpn {
namespace {

using testing::read_test_data;

struct Row {
  std::string name, here, fixed, option, reason;
};

std::string trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string()
                                    : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<Row> rows() {
  std::vector<Row> all;
  std::istringstream table(read_test_data("profiles/verdicts.txt"));
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream cells(line);
    std::string openvpn, words;
    Row row;
    for (std::string* cell : {&row.name, &row.here, &row.fixed, &openvpn, &words}) {
      std::getline(cells, *cell, '|');
      *cell = trimmed(*cell);
    }
    row.option = words.substr(0, words.find(':'));
    row.reason = trimmed(words.substr(std::min(words.size(), row.option.size() + 1)));
    all.push_back(std::move(row));
  }
  return all;
}

std::string block(const std::string& tag, const std::string& content) {
  return "<" + tag + ">\n" + content + "</" + tag + ">\n";
}

std::string text_of(const std::string& name) {
  const std::map<std::string, std::string> blocks = {
      {"<ca>", block("ca", read_test_data("pki/ca.crt"))},
      {"<cert>", block("cert", read_test_data("pki/client.crt"))},
      {"<key>", block("key", read_test_data("pki/client.key"))},
      {"<locked-key>", block("key", read_test_data("pki/encrypted.key"))},
      {"<locked-pkcs12>", block("pkcs12", read_test_data("pki/encrypted.p12.base64"))},
      {"<tls-auth>", block("tls-auth", static_key_text())},
      {"<tls-crypt>", block("tls-crypt", static_key_text())},
  };
  std::istringstream lines(read_test_data("profiles/" + name + ".ovpn"));
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const auto whole = blocks.find(line);
    text += whole == blocks.end() ? line + "\n" : whole->second;
  }
  return text;
}

FakeFiles beside() {
  FakeFiles files;
  files.files["login.txt"] = "alice\nwonderland\n";
  files.files["pass.txt"] = "secret\n";
  files.files["locked.key"] = read_test_data("pki/encrypted.key");
  files.files["roadwarrior.p12"] = read_test_data("pki/open.p12");
  return files;
}

ReadProfile read(const std::string& text) {
  FakeFiles files = beside();
  return read_profile("x", base::bytes_of(text), files);
}

std::string verdict_on(const ReadProfile& read) {
  if (!read.profile) return "refused";
  return read.profile->locked_key ? "asks" : "usable";
}

TEST_SUITE("openvpn/people's profiles") {
  TEST_CASE("each kind of profile that people have gets its verdict, with a reason to act on") {
    REQUIRE(rows().size() == 28);
    for (const Row& row : rows()) {
      CAPTURE(row.name);
      const std::string text = text_of(row.name);
      const ReadProfile before = read(text);
      EXPECT(verdict_on(before) == row.here);
      const auto& lines = before.report.directives;
      const bool said = std::ranges::any_of(lines, [&](const DirectiveReport& line) {
        return line.option == row.option && line.ruling.reason.contains(row.reason);
      });
      EXPECT((row.option.empty() || said));
      const FixedProfile fixed = fix_profile(base::bytes_of(text), before.report);
      EXPECT(verdict_on(read(std::string(fixed.text.reveal_text()))) == row.fixed);
    }
  }

  TEST_CASE("in Qubes, where one file comes alone, each is said what to put into it") {
    for (const Row& row : rows()) {
      CAPTURE(row.name);
      struct None final : ProfileFiles {
        std::expected<base::SecretBytes, std::string> read(std::string_view) override {
          return std::unexpected("no such file");
        }
      } none;
      const ReadProfile alone = read_profile("x", base::bytes_of(text_of(row.name)), none);
      for (const DirectiveReport& line : alone.report.directives) {
        if (line.ruling.verdict != Verdict::kRefused) continue;
        EXPECT_FALSE(line.remedy.text.empty());
      }
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
