#include "daemon/file_handover.h"

#include <set>

#include "daemon/profile_loader.h"
#include "daemon/server_config_loader.h"
#include "io/file.h"

namespace sallyport::daemon {
namespace {

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

}  // namespace

io::Result<std::string> ask(io::ControlClient& client, const ControlRequest& request) {
  if (auto sent = client.send(control_line(request)); !sent) return std::unexpected(sent.error());
  return client.receive();
}

io::Result<void> hand_over(io::ControlClient& client, const std::string& command,
                           const std::string& path, const io::UniqueFd& file) {
  if (auto sent = client.send(control_line({.command = command, .path = path}), file); !sent)
    return sent;
  const auto answer = client.receive();
  if (!answer) return std::unexpected(answer.error());
  if (*answer != kDone) return io::error(*answer);
  return {};
}

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
    if (auto handed = hand_over(client, "file", path, *file); !handed) return handed;
  }
  return {};
}

}  // namespace sallyport::daemon
