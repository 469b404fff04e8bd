#include "daemon/status_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <set>

#include "daemon/control_request.h"
#include "daemon/exit_code.h"
#include "daemon/profile_loader.h"
#include "daemon/server_config_loader.h"
#include "daemon/server_status.h"
#include "daemon/status_json.h"
#include "io/control_client.h"
#include "io/file.h"
#include "io/secret_line.h"

namespace sallyport::daemon {
namespace {

constexpr std::string_view kServing = R"({"state":"serving")";

// Reads from the disk, and remembers what.
class NotedFiles final : public FileSource {
 public:
  std::expected<base::SecretBytes, std::string> read(const std::string& path,
                                                     std::size_t limit) override {
    paths.insert(path);
    return disk_.read(path, limit);
  }
  std::expected<std::vector<std::string>, std::string> list(const std::string& folder,
                                                            std::size_t limit) override {
    return disk_.list(folder, limit);
  }
  std::set<std::string> paths;

 private:
  DiskFiles disk_;
};

// A gateway's, or a server's.
std::string text_of(const std::string& line) {
  return line.starts_with(kServing) ? server_status_text(line) : status_text(line);
}

int fail(const io::Error& error) {
  fmt::print(stderr, "sallyport: {}\n", error.text);
  return kExitFailed;
}

io::Result<std::string> ask(io::ControlClient& client, const ControlRequest& request) {
  if (auto sent = client.send(control_line(request)); !sent) return std::unexpected(sent.error());
  return client.receive();
}

// A gateway in its cage opens nothing: what it needs is opened here and handed over. What can't be
// read is left out, and the gateway says so.
io::Result<void> hand_over_files(io::ControlClient& client) {
  const auto line = ask(client, {"files", {}, {}});
  if (!line) return std::unexpected(line.error());
  const auto needed = parse_needed_files(*line);
  if (!needed || !needed->caged) return {};
  NotedFiles files;
  static_cast<void>(load_profiles(needed->profiles, files));
  if (!needed->server.empty()) static_cast<void>(load_server(needed->server, files));
  if (!needed->auth_file.empty()) files.paths.insert(needed->auth_file);
  for (const std::string& path : files.paths) {
    const auto file = io::open_file(path);
    if (!file) continue;
    if (auto sent = client.send(control_line({.command = "file", .path = path}), *file); !sent)
      return sent;
    const auto answer = client.receive();
    if (!answer) return std::unexpected(answer.error());
    if (*answer != kDone) return io::error(*answer);
  }
  return {};
}

}  // namespace

int status_command(const StatusOptions& options) {
  auto client = io::ControlClient::connect(options.control_socket);
  if (!client) return fail(client.error());
  if (auto sent = client->send(control_line({.command = options.follow ? "follow" : "status"}));
      !sent)
    return fail(sent.error());
  do {
    const auto line = client->receive();
    if (!line) return fail(line.error());
    fmt::print("{}", options.json ? *line + "\n" : text_of(*line));
    std::fflush(stdout);
  } while (options.follow);
  return kExitDone;
}

int control_command(const ControlOptions& options) {
  auto client = io::ControlClient::connect(options.control_socket);
  if (!client) return fail(client.error());
  if (options.command == "reload") {
    if (auto handed = hand_over_files(*client); !handed) return fail(handed.error());
  }
  ControlRequest request{.command = options.command, .name = options.name};
  if (options.command == "answer") {
    auto text = io::read_secret_line();
    if (!text) return fail(text.error());
    request.text = std::move(*text);
  }
  const auto line = ask(*client, request);
  if (!line) return fail(line.error());
  if (*line == kDone) return kExitDone;
  if (const auto metrics = metrics_text(*line)) {
    fmt::print("{}", *metrics);
    return kExitDone;
  }
  fmt::print(stderr, "sallyport: {}\n", *line);
  return kExitFailed;
}

}  // namespace sallyport::daemon
