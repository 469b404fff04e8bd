// The daemon's heart: wires the gateway's decisions to devices, sockets, timers and the control
// socket. One thread, one loop; every callback is: read the clock, move bytes in, move bytes out,
// set the timer.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crypto/system_rng.h"
#include "daemon/dom0_settings.h"
#include "daemon/file_source.h"
#include "daemon/inside_links.h"
#include "daemon/options.h"
#include "daemon/qubesdb_link.h"
#include "daemon/uplink.h"
#include "daemon/uplink_path.h"
#include "gateway/gateway.h"
#include "io/clock_watch.h"
#include "io/control_server.h"
#include "io/event_loop.h"
#include "io/resident_memory.h"
#include "io/resolver.h"
#include "io/service_manager.h"
#include "io/turn_pacer.h"

namespace sallyport::daemon {

class GatewayLoop {
 public:
  // Makes devices and sockets. The error is a sentence.
  static std::expected<std::unique_ptr<GatewayLoop>, std::string> create(RunOptions options);

  // Gives up everything but what is open (cage.h), when there is a user to go on as.
  std::expected<void, std::string> enter_cage();
  // Until a signal ends it.
  void run();

 private:
  explicit GatewayLoop(RunOptions options);
  std::expected<void, std::string> set_up();
  std::expected<void, std::string> set_up_qubesdb(std::optional<base::IpAddress> own_address);

  void load_profiles(FileSource& files);
  void reload();
  void stop();
  void on_qubesdb(const qubes::Settings& settings, std::span<const qubes::Change> changes);

  void on_uplink_readable();
  void on_uplink_writable();
  void on_timer();
  std::expected<void, std::string> watch_surroundings();

  // After anything that may have given the gateway something to say.
  void settle(base::Now now);
  // The same for a batch of frames or packets; only it may leave things in the batches.
  void settle_batch(base::Now now);
  // While packets arrive densely from outside, gives the next batch time to gather.
  void rest_if_dense(base::Now now);
  bool send_outside(base::Now now);
  void act(const gateway::GatewayOutput& output, base::Now now);
  void open_uplink(const openvpn::ConnectRequest& request);
  void close_uplink(base::Now now);
  void send_packets(base::Now now);
  void set_timer(base::Now now);
  void tell_followers();
  std::string status() const;
  std::string answer(io::ControlServer::Request& request);
  void stay_alive();

  RunOptions options_;
  io::EventLoop loop_;
  crypto::SystemRng rng_;
  gateway::Gateway gateway_{rng_};
  io::Resolver resolver_{loop_};
  InsideLinks inside_;
  io::Timer timer_;
  io::Timer retire_;
  std::unique_ptr<Uplink> uplink_;
  std::unique_ptr<UplinkPath> path_;
  std::unique_ptr<io::ClockWatch> clock_;
  // Closed, but perhaps in the middle of their own callback; gone at the next turn of the loop.
  std::vector<std::unique_ptr<Uplink>> retired_;
  io::TurnPacer pacer_;
  std::uint64_t arrived_ = 0;  // packets on any uplink so far
  io::StartUpPages start_up_pages_;
  io::ServiceManager service_;
  io::Timer watchdog_;
  bool caged_ = false;
  HandedFiles handed_;
  std::size_t first_unsent_ = 0;           // of the trains in the outside batch
  std::optional<base::Instant> timer_at_;  // when timer_ goes off
  bool stopping_ = false;
  std::optional<Dom0Settings> dom0_settings_;
  std::optional<QubesDbLink> qubesdb_;
  std::unique_ptr<io::ControlServer> control_;
  std::vector<std::unique_ptr<io::SignalWatch>> signals_;
};

}  // namespace sallyport::daemon
