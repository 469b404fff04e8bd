// The control socket: a Unix stream socket that takes one line at a time and answers each with a
// line. Who may talk is decided by the peer's credentials as the kernel states them, besides the
// file's mode.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/error.h"
#include "io/event_loop.h"
#include "io/unique_fd.h"

namespace sallyport::io {

class ControlServer {
 public:
  struct Request {
    std::string_view line;
    bool follow = false;  // set by the handler: push() reaches this client from now on
    bool from_root = false;
    // Files that came with the line, open for reading. The handler may take them.
    std::vector<UniqueFd> files{};
  };
  // Returns the answer, without a line end.
  using Handler = std::function<std::string(Request&)>;

  // Replaces a stale socket file at `path`. Root, this process's own user, and the members of
  // `group` (when it exists) may connect.
  static Result<std::unique_ptr<ControlServer>> listen(EventLoop& loop, const std::string& path,
                                                       const std::string& group, Handler handler);
  ~ControlServer();

  // Sends a line to every client that follows; one that does not read is let go.
  void push(std::string_view line);
  bool has_followers() const;

 private:
  struct Client;
  // Nobody is let in meanwhile when there are no descriptors left.
  static constexpr base::Duration kExhaustion = std::chrono::milliseconds(100);
  static constexpr std::size_t kMaxClients = 32;
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr std::size_t kMaxUnsent = 256 * 1024;
  // Sent along and not yet taken by a line.
  static constexpr std::size_t kMaxFiles = 4;

  ControlServer(EventLoop& loop, UniqueFd fd, std::string path, std::optional<gid_t> group,
                Handler handler);
  void accept();
  // Empty: it may not talk.
  std::optional<ucred> admit(int fd) const;
  void read_from(int fd);
  bool serve(Client& client);
  bool send(Client& client, std::string_view line);
  bool flush(Client& client);

  EventLoop& loop_;
  UniqueFd fd_;
  std::string path_;
  std::optional<gid_t> group_;
  Handler handler_;
  std::map<int, std::unique_ptr<Client>> clients_;
  std::unique_ptr<FdWatch> watch_;
  Timer accept_again_;
};

}  // namespace sallyport::io
