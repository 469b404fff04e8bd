#include "daemon/access_keeper.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "daemon/file_handover.h"
#include "daemon/log.h"
#include "daemon/server_config_loader.h"
#include "daemon/watched_files.h"
#include "io/file.h"
#include "io/privileges.h"

namespace sallyport::daemon {
namespace {

// A change is seen at once; a look without one is for file systems that tell nothing.
constexpr int kLookMilliseconds = 5000;
// Whoever writes a file is given so long between two writes, and so many of them.
constexpr int kQuietMilliseconds = 100;
constexpr int kMostWrites = 20;

// The process beside the server.
class Keeper {
 public:
  Keeper(const ServerOptions& options, io::UniqueFd server, io::FolderWatch watch)
      : options_(options), server_(std::move(server)), watch_(std::move(watch)) {}

  // Until the server is gone.
  void run() {
    look_at_configuration();
    told_ = stamps_of(watched_);
    for (;;) {
      watch_.wait(server_, kLookMilliseconds);
      const auto asked = read_request();
      if (!asked) return;
      if (*asked) ask_server("reload");
      look_at_configuration();
      look();
    }
  }

 private:
  // nullopt: the server is gone. True: it asks for a reload.
  std::optional<bool> read_request() {
    char byte = 0;
    const ssize_t size = ::recv(server_.get(), &byte, 1, MSG_DONTWAIT);
    if (size == 0) return std::nullopt;
    return size == 1;
  }

  // A file that is half written names nothing: what was watched stays.
  void look_at_configuration() {
    const auto stamp = stamps_of({options_.config_file});
    if (!stamp || *stamp == configuration_) return;
    configuration_ = *stamp;
    DiskFiles disk;
    const auto loaded = load_server(options_.config_file, disk);
    if (!loaded) return;
    watched_ = loaded->watched;
    watch_folders_of(watched_, watch_);
    watch_folders_of({options_.config_file}, watch_);
  }

  void look() {
    auto now = stamps_of(watched_);
    if (now == told_) return;
    // Not in the middle of a write.
    for (int i = 0; i < kMostWrites; ++i) {
      watch_.wait(io::UniqueFd(), kQuietMilliseconds);
      auto then = std::exchange(now, stamps_of(watched_));
      if (then == now) break;
    }
    if (!now) {
      say(now.error() + ": what it said stays");
    } else if (!ask_server("refresh")) {
      return;  // it is asked again at the next look
    }
    told_ = std::move(now);
  }

  bool ask_server(const std::string& command) {
    auto client = io::ControlClient::connect(options_.control_socket);
    if (!client) return false;
    const auto handed = command == "reload" ? hand_over_files(*client) : hand_over_watched(*client);
    const auto answer = handed ? ask(*client, {.command = command})
                               : io::Result<std::string>(std::unexpected(handed.error()));
    if (!answer) {
      say("changed files cannot be handed over: " + answer.error().text);
      return false;
    }
    if (*answer != kDone) say(*answer);
    return true;
  }

  // Once, however often it is so.
  void say(const std::string& text) {
    if (text != std::exchange(said_, text)) log(text);
  }

  io::Result<void> hand_over_watched(io::ControlClient& client) {
    const auto stamps = stamps_of(watched_);
    if (!stamps) return io::error(stamps.error());
    for (const auto& [path, stamp] : *stamps) {
      const auto file = io::open_file(path);
      if (!file) return std::unexpected(file.error());
      if (auto handed = hand_over(client, "fresh", path, *file); !handed) return handed;
    }
    return {};
  }

  ServerOptions options_;
  io::UniqueFd server_;
  io::FolderWatch watch_;
  FileStamps configuration_;
  std::vector<std::string> watched_;
  std::expected<FileStamps, std::string> told_;
  std::string said_;
};

[[noreturn]] void be_keeper(const ServerOptions& options, io::UniqueFd server) {
  // These are for the server, which tells us what they come to.
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) std::signal(number, SIG_IGN);
  auto watch = io::FolderWatch::make();
  if (!watch || !io::forbid_dumps() || !io::keep_only_reading()) ::_exit(1);
  Keeper(options, std::move(server), std::move(*watch)).run();
  ::_exit(0);
}

}  // namespace

io::Result<std::unique_ptr<AccessKeeper>> AccessKeeper::start(const ServerOptions& options) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return io::system_error("cannot make a socket");
  io::UniqueFd ours(ends[0]), its(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return io::system_error("cannot fork");
  if (child == 0) {
    ours = {};
    be_keeper(options, std::move(its));
  }
  return std::unique_ptr<AccessKeeper>(new AccessKeeper(std::move(ours)));
}

void AccessKeeper::watch(io::EventLoop& loop) {
  watch_ = std::make_unique<
      io::FdWatch>(loop, fd_.get(), io::FdWatch::Readiness::kReadable, [this] {
    watch_->disable();
    log("changes of revocation lists, users and client-config-dir are no longer noticed; reload "
        "after each");
  });
}

void AccessKeeper::ask_for_reload() {
  const char byte = 1;
  if (::send(fd_.get(), &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
    log("a reload needs its files from outside the cage: use `sallyport ctl reload`");
}

}  // namespace sallyport::daemon
