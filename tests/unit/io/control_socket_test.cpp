// Both ends of the control socket.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "io/control_client.h"
#include "io/control_server.h"
#include "io/file.h"
#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

// A group that is nobody's.
constexpr const char* kNoGroup = "no-such-group-of-sallyport";

struct Server {
  TemporaryFolder folder;
  std::string path = folder.path("control.sock");
  EventLoop loop;
  int requests = 0;
  bool from_root = false;
  std::vector<UniqueFd> files;
  std::unique_ptr<ControlServer> server;

  explicit Server(std::size_t answer_size = 0) {
    auto listening =
        ControlServer::listen(loop, path, kNoGroup, [this, answer_size](ControlServer::Request& r) {
          ++requests;
          if (r.line == "follow") r.follow = true;
          from_root = r.from_root;
          for (UniqueFd& file : r.files) files.push_back(std::move(file));
          if (r.line == "push") server->push(std::string(100'000, 'n'));
          return answer_size == 0 ? "you said " + std::string(r.line)
                                  : std::string(answer_size, 'a');
        });
    REQUIRE(listening.has_value());
    server = std::move(*listening);
  }
};

// A client that never waits, so that both ends can be on one thread.
class Talker {
 public:
  Talker(Server& server, bool reads = true) : server_(server), reads_(reads) {
    fd_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(server.path, address.sun_path);
    connected_ =
        ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  void say(std::string_view text) const {
    REQUIRE(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  void say_with_file(std::string_view text, const UniqueFd& file) const {
    const int number = file.get();
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof number)> control{};
    std::string bytes(text);
    iovec piece{bytes.data(), bytes.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const part = CMSG_FIRSTHDR(&message);
    *part = {CMSG_LEN(sizeof number), SOL_SOCKET, SCM_RIGHTS};
    std::memcpy(CMSG_DATA(part), &number, sizeof number);
    REQUIRE(::sendmsg(fd_.get(), &message, MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
  }
  bool hears(std::string_view text) {
    return run_until(server_.loop, [&] {
      take();
      return heard_.contains(text);
    });
  }
  bool is_let_go() {
    return run_until(server_.loop, [&] {
      if (reads_) take();
      char byte = 0;
      return closed_ || (!reads_ && ::send(fd_.get(), &byte, 0, MSG_NOSIGNAL) < 0);
    });
  }
  const std::string& heard() const { return heard_; }

 private:
  void take() {
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t count = ::read(fd_.get(), buffer.data(), buffer.size());
      if (count > 0) {
        heard_.append(buffer.data(), static_cast<std::size_t>(count));
        continue;
      }
      // A reset means the same as an end: bytes of ours were not read any more.
      if (count == 0 || errno == ECONNRESET) closed_ = true;
      return;
    }
  }

  Server& server_;
  bool reads_;
  UniqueFd fd_;
  bool connected_ = false;
  bool closed_ = false;
  std::string heard_;
};

mode_t mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

TEST_SUITE("io/control socket") {
  TEST_CASE("each line is answered with a line, in order, however they are cut") {
    Server server;
    Talker talker(server);
    REQUIRE(talker.connected());
    talker.say("one\ntw");
    EXPECT(talker.hears("you said one\n"));
    talker.say("o\n\n");
    EXPECT(talker.hears("you said two\nyou said \n"));
    EXPECT(server.requests == 3);
  }

  TEST_CASE(
      "R7: the socket is for its owner alone where there is no group, and goes with the server") {
    Server server;
    EXPECT(mode_of(server.path) == 0600);
    server.server.reset();
    EXPECT(::access(server.path.c_str(), F_OK) != 0);
  }

  TEST_CASE("the socket is for its group where there is one") {
    const TemporaryFolder folder;
    EventLoop loop;
    const auto server = ControlServer::listen(loop, folder.path("socket"), "root",
                                              [](ControlServer::Request&) { return ""; });
    REQUIRE(server.has_value());
    // Only root, and who is in it, can give a file to this group.
    const bool root = ::geteuid() == 0 || ::getegid() == 0;
    EXPECT(mode_of(folder.path("socket")) == (root ? 0660 : 0600));
  }

  TEST_CASE("the umask is as it was") {
    const mode_t before = ::umask(022);
    const Server server;
    EXPECT(::umask(before) == 022);
  }

  TEST_CASE("a stale socket is replaced, anything else is left alone, another's socket too") {
    const TemporaryFolder folder;
    EventLoop loop;
    const auto listen = [&](const std::string& path) {
      return ControlServer::listen(loop, path, kNoGroup,
                                   [](ControlServer::Request&) { return "new"; });
    };
    const std::string path = folder.path("socket");
    {
      const UniqueFd stale(::socket(AF_UNIX, SOCK_STREAM, 0));
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      std::ranges::copy(path, address.sun_path);
      REQUIRE(::bind(stale.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
              0);
    }
    {
      // Another process's is neither taken away nor removed.
      const auto first = listen(path);
      REQUIRE(first.has_value());
      EXPECT(listen(path).error().text.contains("somebody listens"));
      EXPECT(ControlClient::connect(path).has_value());
    }
    EXPECT(listen(path).has_value());
    const std::string file = folder.file("file", "precious");
    EXPECT(listen(file).error().text.ends_with("exists and is no socket"));
    EXPECT(::access(file.c_str(), F_OK) == 0);
    EXPECT(listen(folder.path("no/such/folder")).error().text.contains("cannot bind"));
    EXPECT(listen(folder.path(std::string(200, 'x'))).error().text.contains("too long"));
  }

  TEST_CASE("a line without an end is not waited for") {
    Server server;
    Talker talker(server), other(server);
    const std::string endless(3000, 'x');
    talker.say(endless);
    talker.say(endless);
    EXPECT(talker.is_let_go());
    EXPECT(server.requests == 0);
    other.say("hello\n");
    EXPECT(other.hears("you said hello\n"));
  }

  TEST_CASE("there are only so many clients, and room again when one leaves") {
    Server server;
    std::vector<std::unique_ptr<Talker>> talkers;
    for (int i = 0; i < 32; ++i) {
      talkers.push_back(std::make_unique<Talker>(server));
      talkers.back()->say("hello\n");
      REQUIRE(talkers.back()->hears("you said hello\n"));
    }
    EXPECT(Talker(server).is_let_go());
    talkers.pop_back();
    run_until(server.loop, [turns = 0]() mutable { return ++turns > 10; });
    Talker next(server);
    next.say("hello\n");
    EXPECT(next.hears("you said hello\n"));
  }

  TEST_CASE("a pushed line reaches those who follow, and only them") {
    Server server;
    EXPECT_FALSE(server.server->has_followers());
    Talker follower(server), other(server);
    follower.say("follow\n");
    other.say("hello\n");
    REQUIRE(follower.hears("you said follow\n"));
    REQUIRE(other.hears("you said hello\n"));
    EXPECT(server.server->has_followers());
    server.server->push("news");
    EXPECT(follower.hears("news\n"));
    other.say("again\n");
    EXPECT(other.hears("you said again\n"));
    EXPECT_FALSE(other.heard().contains("news"));
  }

  TEST_CASE("a follower that does not read is let go") {
    Server server;
    Talker deaf(server, /*reads=*/false);
    deaf.say("follow\n");
    REQUIRE(run_until(server.loop, [&] { return server.server->has_followers(); }));
    const std::string line(100'000, 'n');
    for (int i = 0; i < 20 && server.server->has_followers(); ++i) server.server->push(line);
    EXPECT_FALSE(server.server->has_followers());
    EXPECT(deaf.is_let_go());
  }

  TEST_CASE("a follower may be let go by what it asked for itself") {
    Server server;
    Talker deaf(server, /*reads=*/false), other(server);
    deaf.say("follow\n");
    for (int i = 0; i < 20; ++i) deaf.say("push\n");
    EXPECT(deaf.is_let_go());
    other.say("hello\n");
    EXPECT(other.hears("you said hello\n"));
    EXPECT_FALSE(server.server->has_followers());
  }

  TEST_CASE("a client that asks and never reads is let go") {
    Server server(/*answer_size=*/100'000);
    Talker deaf(server, /*reads=*/false);
    for (int i = 0; i < 20; ++i) deaf.say("x\n");
    EXPECT(deaf.is_let_go());
    EXPECT(server.requests < 20);
  }

  TEST_CASE("a file that comes with a line can be read, whatever became of its name") {
    Server server;
    const std::string path = server.folder.file("profile", "of use");
    auto client = ControlClient::connect(server.path);
    REQUIRE(client.has_value());
    REQUIRE(client->send("first line, without a file"));
    REQUIRE(client->send("take this", *open_file(path)));
    ::unlink(path.c_str());
    REQUIRE(run_until(server.loop, [&] { return server.requests == 2; }));
    REQUIRE(server.files.size() == 1);
    EXPECT(read_file(server.files[0], "it", 100)->reveal_text() == "of use");
    EXPECT(server.from_root == (::getuid() == 0));
  }

  TEST_CASE("a client that sends more files than a line may have is let go") {
    Server server;
    Talker talker(server);
    const auto file = open_file(server.folder.file("f", ""));
    for (int i = 0; i < 6; ++i) talker.say_with_file("x", *file);
    EXPECT(talker.is_let_go());
    EXPECT(server.requests == 0);
  }

  TEST_CASE("the blocking client says who does not answer") {
    const TemporaryFolder folder;
    const auto refused = ControlClient::connect(folder.path("nobody"));
    REQUIRE_FALSE(refused.has_value());
    EXPECT(refused.error().text.starts_with("no gateway answers at "));
    EXPECT(ControlClient::connect(std::string(200, 'x')).error().text.contains("too long"));
  }

  TEST_CASE("the blocking client takes lines one by one, and notices the end") {
    Server server;
    auto client = ControlClient::connect(server.path);
    REQUIRE(client.has_value());
    REQUIRE(client->send("one").has_value());
    REQUIRE(client->send("two").has_value());
    REQUIRE(run_until(server.loop, [&] { return server.requests == 2; }));
    EXPECT(client->receive().value_or("") == "you said one");
    EXPECT(client->receive().value_or("") == "you said two");
    server.server.reset();
    EXPECT(client->receive().error().text == "the gateway closed the control socket");
    EXPECT_FALSE(client->send("three").has_value());
  }
}

}  // namespace
}  // namespace sallyport::io
