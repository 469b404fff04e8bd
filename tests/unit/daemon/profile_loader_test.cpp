#include "daemon/profile_loader.h"

#include <filesystem>
#include <fstream>

#include "io/file.h"
#include "temporary_folder.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::daemon {
namespace {

constexpr std::string_view kProfile =
    "client\ndev tun\nremote vpn.example.net 1194 udp\nca ca.crt\ncert client.crt\n"
    "key client.key\nremote-cert-tls server\nauth-user-pass\n";

// A folder with a usable profile and the files that it names.
struct Folder {
  testing::TemporaryFolder folder;
  std::string profile = folder.file("work.ovpn", kProfile);

  Folder() {
    for (const char* name : {"ca.crt", "client.crt", "client.key"})
      folder.file(name, testing::read_test_data("pki/" + std::string(name)));
  }
};

DiskFiles disk;

TEST_SUITE("daemon/profile_loader") {
  TEST_CASE("files that were handed over stand for those of the disk, and no others are read") {
    const Folder folder;
    HandedFiles handed;
    for (const char* name : {"work.ovpn", "ca.crt", "client.crt"}) {
      REQUIRE(handed.add(folder.folder.path(name), *io::open_file(folder.folder.path(name))));
    }
    const auto without_key = load_profile(folder.profile, handed);
    REQUIRE(without_key);
    EXPECT_FALSE(without_key->profile);
    REQUIRE(handed.add(folder.folder.path("client.key"),
                       *io::open_file(folder.folder.path("client.key"))));
    EXPECT(load_profile(folder.profile, handed)->profile);
    EXPECT(load_profile(folder.folder.path("other.ovpn"), handed)
               .error()
               .contains("was not handed over"));
  }

  TEST_CASE("files that are handed over have a limit for all together, and none keeps one open") {
    const Folder folder;
    const std::string large = folder.folder.file("large", std::string(1 << 20, 'x'));
    HandedFiles handed;
    std::size_t taken = 0;
    while (handed.add(std::to_string(taken), *io::open_file(large))) ++taken;
    EXPECT(taken == HandedFiles::kMaxSize / (1 << 20) - 1);
    HandedFiles many;
    for (int i = 0; i < 2000; ++i)
      REQUIRE(many.add(std::to_string(i), *io::open_file(folder.profile)));
  }

  TEST_CASE("only what is watched is read again, and the rest is as it was") {
    const Folder folder;
    const auto in = [&](const char* name) { return folder.folder.path(name); };
    for (const char* name : {"server.conf", "crl.pem"}) folder.folder.file(name, "old");
    std::filesystem::create_directory(in("ccd"));
    folder.folder.file("ccd/alice", "old");
    RememberingFiles remembering(disk);
    for (const char* name : {"server.conf", "crl.pem", "ccd/alice"})
      REQUIRE(remembering.read(in(name), 10).has_value());
    const FileContents remembered = remembering.take();
    for (const char* name : {"server.conf", "crl.pem", "ccd/alice", "ccd/bob"})
      folder.folder.file(name, "new");
    const std::vector<std::string> watched = {in("crl.pem"), in("ccd")};
    RefreshedFiles files(remembered, watched, disk);
    const auto text = [&](const char* name) {
      return std::string(files.read(in(name), 10)->reveal_text());
    };
    EXPECT(text("server.conf") == "old");
    EXPECT(text("crl.pem") == "new");
    EXPECT(text("ccd/alice") == "new");
    EXPECT(text("ccd/bob") == "new");
    EXPECT(files.list(in("ccd"), 10)->size() == 2);
    EXPECT_FALSE(files.read(in("ca.crt"), 10).has_value());
  }

  TEST_CASE("a profile is read with the files beside it") {
    const Folder folder;
    const auto loaded = load_profile(folder.profile, disk);
    REQUIRE(loaded.has_value());
    CAPTURE(loaded->report.problems());
    REQUIRE(loaded->profile.has_value());
    EXPECT(loaded->profile->name == "work.ovpn");
    EXPECT(loaded->profile->remotes[0].host == "vpn.example.net");
  }

  TEST_CASE("only files beside it are read, whatever path the profile names") {
    const Folder folder;
    const testing::TemporaryFolder elsewhere;
    const std::string stray =
        elsewhere.file("other-ca.crt", testing::read_test_data("pki/other-ca.crt"));
    std::string text(kProfile);
    text.replace(text.find("ca ca.crt"), 9, "ca " + stray);
    const auto loaded = load_profile(folder.folder.file("stray.ovpn", text), disk);
    REQUIRE(loaded.has_value());
    EXPECT_FALSE(loaded->profile.has_value());
    REQUIRE_FALSE(loaded->report.problems().empty());
    EXPECT(loaded->report.problems()[0].contains("other-ca.crt"));
  }

  TEST_CASE("a profile that is not there, or no file, is an error with its path") {
    const Folder folder;
    const auto missing = load_profile(folder.folder.path("none.ovpn"), disk);
    REQUIRE_FALSE(missing.has_value());
    EXPECT(missing.error().contains("none.ovpn"));
    EXPECT_FALSE(load_profile(folder.folder.path("."), disk).has_value());
    const auto large = load_profile(folder.folder.file("large", std::string(5'000'000, '#')), disk);
    REQUIRE_FALSE(large.has_value());
    EXPECT(large.error().contains("larger than"));
  }

  TEST_CASE("of several profiles the usable ones are taken, and the others' problems told") {
    const Folder folder;
    const std::string bad = folder.folder.file("bad.ovpn", std::string(kProfile) + "up /bin/sh\n");
    const std::string lost =
        folder.folder.file("lost.ovpn", "client\ndev tun\nremote a\nca nowhere.crt\n");
    const LoadedProfiles loaded =
        load_profiles({bad, folder.profile, folder.folder.path("none.ovpn"), lost}, disk);
    REQUIRE(loaded.usable.size() == 1);
    EXPECT(loaded.usable[0].profile.name == "work.ovpn");
    EXPECT(loaded.usable[0].tls != nullptr);
    const auto told = [&](std::string_view text) {
      for (const std::string& problem : loaded.problems)
        if (problem.contains(text)) return true;
      return false;
    };
    EXPECT(told("bad.ovpn:9"));
    EXPECT(told("none.ovpn"));
    EXPECT(told("lost.ovpn"));
    EXPECT_FALSE(told("work.ovpn"));
  }

  TEST_CASE("a key that does not belong to its certificate makes the profile unusable") {
    const Folder folder;
    folder.folder.file("client.key", testing::read_test_data("pki/plain.key"));
    const LoadedProfiles loaded = load_profiles({folder.profile}, disk);
    EXPECT(loaded.usable.empty());
    EXPECT_FALSE(loaded.problems.empty());
  }

  TEST_CASE("credentials are two lines, however they end") {
    const testing::TemporaryFolder folder;
    for (const char* text : {"alice\nsecret", "alice\nsecret\n", "alice\r\nsecret\r\n",
                             "alice\nsecret\nmore is not looked at\n",
                             "\xef\xbb\xbf"
                             "alice\r\nsecret\r\n"}) {
      const auto login = load_credentials(folder.file("login", text), disk);
      REQUIRE((login.has_value() && login->has_value()));
      EXPECT((*login)->username.reveal_text() == "alice");
      EXPECT((*login)->password.reveal_text() == "secret");
    }
    EXPECT(load_credentials(folder.file("login", "alice\n with blanks \n"), disk)
               .value()
               ->password.reveal_text() == " with blanks ");
  }

  TEST_CASE("an empty login is none, an empty profile is none, and both are said in a few words") {
    const testing::TemporaryFolder folder;
    for (const char* text : {"", "\n", "\r\n\r\n"}) {
      const auto login = load_credentials(folder.file("login", text), disk);
      EXPECT((login.has_value() && !login->has_value()));
    }
    for (const char* text : {"", "# nothing\n; nothing\n\n"}) {
      const std::string path = folder.file("empty.ovpn", text);
      const LoadedProfiles loaded = load_profiles({path}, disk);
      EXPECT(loaded.usable.empty());
      EXPECT(loaded.problems == std::vector{path + ": there is no profile in it"});
    }
  }

  TEST_CASE("credentials that are not two lines are refused without being shown") {
    const testing::TemporaryFolder folder;
    for (const char* text : {"alice", "alice\n", "\nsecret\n"}) {
      const auto login = load_credentials(folder.file("login", text), disk);
      REQUIRE_FALSE(login.has_value());
      EXPECT(login.error().ends_with(": not a line of user name and a line of password"));
      EXPECT_FALSE(login.error().contains("alice"));
    }
    EXPECT_FALSE(load_credentials(folder.path("none"), disk).has_value());
    EXPECT_FALSE(
        load_credentials(folder.file("login", std::string(70'000, 'x')), disk).has_value());
  }
}

}  // namespace
}  // namespace sallyport::daemon
