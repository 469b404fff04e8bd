// Keeps a server's word on who is shut out: revocation lists, client-config-dir, users, lists of
// keys. OpenVPN reads those again for each client, so a change in them has to count without a
// reload. The server itself opens no files in its cage; a process beside it, which was forked
// before anything else, may read and does nothing but that: it notices a change, opens the files
// again, hands them over by the control socket, as `sallyport ctl reload` does, and asks for a
// refresh. It takes no path from the server: which files those are, the configuration says.
#pragma once

#include <memory>
#include <string>

#include "daemon/options.h"
#include "io/error.h"
#include "io/event_loop.h"
#include "io/unique_fd.h"

namespace sallyport::daemon {

class AccessKeeper {
 public:
  // Forks: call it before there are sockets, threads and secrets. It ends with the server.
  static io::Result<std::unique_ptr<AccessKeeper>> start(const ServerOptions& options);

  // Says in the log when the process is gone.
  void watch(io::EventLoop& loop);
  // Asks it for a whole reload: what a server in its cage cannot do by itself.
  void ask_for_reload();

 private:
  explicit AccessKeeper(io::UniqueFd fd) : fd_(std::move(fd)) {}

  io::UniqueFd fd_;
  std::unique_ptr<io::FdWatch> watch_;
};

}  // namespace sallyport::daemon
