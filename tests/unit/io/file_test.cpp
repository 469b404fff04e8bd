#include "io/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "io/endpoint.h"
#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

TEST_SUITE("io/file") {
  TEST_CASE("reads a whole file, and an empty one") {
    const TemporaryFolder folder;
    const auto content = read_file(folder.file("some", std::string("a\0b\n", 4)), 100);
    REQUIRE(content.has_value());
    EXPECT(content->reveal_text() == std::string_view("a\0b\n", 4));
    const auto empty = read_file(folder.file("empty", ""), 100);
    REQUIRE(empty.has_value());
    EXPECT(empty->empty());
  }

  TEST_CASE("a secret file is for its owner only, and replaces nothing unasked") {
    const TemporaryFolder folder;
    const std::string path = folder.path("key");
    REQUIRE(write_secret_file(path, base::bytes_of("one"), Existing::kKept).has_value());
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    EXPECT((status.st_mode & 0777) == 0600);
    EXPECT_FALSE(write_secret_file(path, base::bytes_of("two"), Existing::kKept).has_value());
    EXPECT(read_file(path, 10)->reveal_text() == "one");
    REQUIRE(write_secret_file(path, base::bytes_of("two"), Existing::kReplaced).has_value());
    EXPECT(read_file(path, 10)->reveal_text() == "two");
    EXPECT_FALSE(write_secret_file(folder.path("no/key"), {}, Existing::kKept).has_value());
  }

  TEST_CASE("a secret file is not written through a link") {
    const TemporaryFolder folder;
    const std::string target = folder.file("target", "mine");
    const std::string link = folder.path("link");
    REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
    EXPECT_FALSE(write_secret_file(link, base::bytes_of("two"), Existing::kKept).has_value());
    REQUIRE(write_secret_file(link, base::bytes_of("two"), Existing::kReplaced).has_value());
    EXPECT(read_file(target, 10)->reveal_text() == "mine");
  }

  TEST_CASE("takes a file of exactly the limit, and none beyond it") {
    const TemporaryFolder folder;
    const std::string path = folder.file("large", std::string(1000, 'x'));
    EXPECT(read_file(path, 1000).has_value());
    const auto refused = read_file(path, 999);
    REQUIRE_FALSE(refused.has_value());
    EXPECT(refused.error().text == path + " is larger than 999 bytes");
  }

  TEST_CASE("what is no regular file is refused, and a pipe does not block") {
    const TemporaryFolder folder;
    EXPECT(read_file(folder.path("none"), 100).error().text.ends_with("No such file or directory"));
    EXPECT(read_file(folder.path("."), 100).error().text.ends_with("is not a regular file"));
    const std::string pipe = folder.path("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    EXPECT(read_file(pipe, 100).error().text.ends_with("is not a regular file"));
    EXPECT(read_file("/dev/zero", 100).error().text.ends_with("is not a regular file"));
  }
}

TEST_SUITE("io/endpoint") {
  TEST_CASE("is written as people write it") {
    EXPECT(Endpoint{base::IpAddress::parse("192.0.2.1").value(), 1194}.to_string() ==
           "192.0.2.1:1194");
    EXPECT(Endpoint{base::IpAddress::parse("2001:db8::1").value(), 443}.to_string() ==
           "[2001:db8::1]:443");
  }

  TEST_CASE("becomes the kernel's form of its family") {
    const auto v4 = to_socket_address({base::IpAddress::parse("192.0.2.1").value(), 0x1234});
    EXPECT(v4.get()->sa_family == AF_INET);
    // Port and address in network order, behind the family.
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(v4.get());
    EXPECT(bytes[2] == 0x12);
    EXPECT(bytes[3] == 0x34);
    EXPECT(bytes[4] == 192);
    EXPECT(bytes[7] == 1);
    const auto v6 = to_socket_address({base::IpAddress::parse("2001:db8::1").value(), 1});
    EXPECT(v6.get()->sa_family == AF_INET6);
    EXPECT(v6.length > v4.length);
  }
}

}  // namespace
}  // namespace sallyport::io
