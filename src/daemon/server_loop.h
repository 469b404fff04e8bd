// The server's heart: wires openvpn::Server to its sockets, its TUN device, timers and the control
// socket. One thread and one loop, and a second thread for passwords.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/system_rng.h"
#include "daemon/access_keeper.h"
#include "daemon/options.h"
#include "daemon/password_worker.h"
#include "daemon/server_config_loader.h"
#include "daemon/server_device.h"
#include "daemon/server_sockets.h"
#include "io/control_server.h"
#include "io/event_loop.h"
#include "io/resident_memory.h"
#include "io/service_manager.h"
#include "openvpn/server/server.h"

namespace sallyport::daemon {

class ServerLoop {
 public:
  // Opens the sockets and makes the device. The error is a sentence, or several lines.
  // `keeper` was started before all else.
  static std::expected<std::unique_ptr<ServerLoop>, std::string> create(
      ServerOptions options, std::unique_ptr<AccessKeeper> keeper);

  // Gives up everything but what is open, when there is a user to go on as.
  std::expected<void, std::string> enter_cage();
  // Until a signal ends it; the error says what else did.
  std::expected<void, std::string> run();

 private:
  ServerLoop(ServerOptions options, std::unique_ptr<AccessKeeper> keeper);
  std::expected<void, std::string> set_up();
  // Empty: done; else why not.
  std::string reload();
  // A reload of what is watched, with all else as it was at the last one.
  std::string refresh();
  std::string use(std::expected<LoadedServer, std::vector<std::string>> loaded);
  void stop();

  void on_packet(const openvpn::Path& path, base::MutableBytes packet, bool stream);
  void on_device();
  void send_inside(net::Packet& packet);
  // For the way to and from that client.
  void clamp_mss(net::Packet& packet, openvpn::PeerId client) const;
  template <class Writer>
  void seal_one(openvpn::PeerId client, std::size_t size, Writer write);
  void seal_segments(openvpn::PeerId client, const net::Packet& packet);
  void seal_copy(openvpn::PeerId client, base::Bytes packet);
  void on_batch_done();
  bool is_flooded(base::Now now);
  void on_timer();
  void settle(base::Now now);
  void flush();
  void act(openvpn::ServerOutput output);
  void set_timer(base::Now now);
  std::string answer(io::ControlServer::Request& request);

  ServerOptions options_;
  std::unique_ptr<AccessKeeper> keeper_;
  io::EventLoop loop_;
  crypto::SystemRng rng_;
  std::unique_ptr<openvpn::Server> server_;
  std::unique_ptr<ServerSockets> sockets_;
  std::unique_ptr<PasswordWorker> passwords_;
  std::unique_ptr<ServerDevice> device_;
  std::unique_ptr<io::FdWatch> device_watch_;
  ServerBatch batch_;
  io::Timer timer_;
  std::optional<base::Instant> timer_at_;
  io::Timer stop_timer_;
  io::ServiceManager service_;
  io::Timer watchdog_;
  io::StartUpPages start_up_pages_;
  bool caged_ = false;
  bool stopping_ = false;
  std::string ended_by_;
  base::Now now_{};                                              // of the callback that runs
  std::uint64_t undeliverable_ = 0;                              // of our kernel, for nobody
  base::Instant flood_window_{};
  std::uint64_t drops_before_ = 0;    // when the window began
  HandedFiles handed_;                // for a reload
  HandedFiles fresh_;                 // for a refresh
  FileContents remembered_;           // what the last reload read
  std::vector<std::string> watched_;  // of it
  std::unique_ptr<io::ControlServer> control_;
  std::vector<std::unique_ptr<io::SignalWatch>> signals_;
};

}  // namespace sallyport::daemon
