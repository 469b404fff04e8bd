#include "daemon/gateway_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "daemon/cage.h"
#include "daemon/control_answer.h"
#include "daemon/control_request.h"
#include "daemon/log.h"
#include "daemon/profile_loader.h"
#include "daemon/status_json.h"
#include "io/clock.h"

namespace sallyport::daemon {
namespace {

constexpr std::size_t kBatchesPerTurn = 4;
constexpr const char* kControlGroup = "sallyport";

bool opens_vchans(const RunOptions& options) {
  return options.qubesdb == "vchan" ||
         std::ranges::any_of(options.downstreams,
                             [](const std::string& spec) { return spec.starts_with("vchan:"); });
}

io::ResolveFamily to_io(openvpn::AddressFamily family) {
  switch (family) {
    case openvpn::AddressFamily::kIpv4:
      return io::ResolveFamily::kIpv4;
    case openvpn::AddressFamily::kIpv6:
      return io::ResolveFamily::kIpv6;
    case openvpn::AddressFamily::kAny:
      break;
  }
  return io::ResolveFamily::kAny;
}

}  // namespace

std::expected<std::unique_ptr<GatewayLoop>, std::string> GatewayLoop::create(RunOptions options) {
  std::unique_ptr<GatewayLoop> made(new GatewayLoop(std::move(options)));
  if (auto set_up = made->set_up(); !set_up) return std::unexpected(set_up.error());
  return made;
}

GatewayLoop::GatewayLoop(RunOptions options)
    : options_(std::move(options)),
      inside_(loop_, gateway_, {[this](base::Now now) { settle_batch(now); }, log}),
      timer_(loop_, [this] { on_timer(); }),
      retire_(loop_, [this] { retired_.clear(); }),
      watchdog_(loop_, [this] { stay_alive(); }) {}

std::expected<void, std::string> GatewayLoop::set_up() {
  io::keep_waits_short();
  std::optional<base::IpAddress> own_address;
  if (!options_.gateway_ip.empty()) {
    own_address = base::IpAddress::parse(options_.gateway_ip);
    if (!own_address)
      return std::unexpected("--gateway-ip " + options_.gateway_ip + " is no address");
    gateway_.router().set_own_addresses(own_address, {});
  }
  if (auto set_up = set_up_qubesdb(own_address); !set_up) return set_up;
  for (const std::string& spec : options_.downstreams) {
    if (auto added = inside_.add(spec); !added) return added;
  }
  auto control = io::ControlServer::listen(
      loop_, options_.control_socket, kControlGroup,
      [this](io::ControlServer::Request& request) { return answer(request); });
  if (!control) return std::unexpected(control.error().text);
  control_ = std::move(*control);
  if (auto watching = watch_surroundings(); !watching) return watching;
  std::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGTERM, SIGINT}) {
    signals_.push_back(std::make_unique<io::SignalWatch>(loop_, number, [this] { stop(); }));
  }
  signals_.push_back(std::make_unique<io::SignalWatch>(loop_, SIGHUP, [this] { reload(); }));
  DiskFiles files;
  load_profiles(files);
  return {};
}

std::expected<void, std::string> GatewayLoop::enter_cage() {
  if (options_.user.empty()) return {};
  // What it says now is all that can be known of it later.
  resolver_.use_servers({});
  caged_ = true;
  return daemon::enter_cage(options_.user, opens_vchans(options_) ? io::OpeningFiles::kDevices
                                                                  : io::OpeningFiles::kNever);
}

std::expected<void, std::string> GatewayLoop::set_up_qubesdb(
    std::optional<base::IpAddress> own_address) {
  auto source = parse_qubesdb(options_.qubesdb);
  if (!source) return std::unexpected("--qubesdb " + options_.qubesdb + ": " + source.error());
  if (!*source) {
    gateway_.router().accept_all();
    return {};
  }
  dom0_settings_.emplace(gateway_.router(), resolver_, own_address, log);
  QubesDbLink::Events events;
  events.on_changes = [this](const qubes::Settings& settings,
                             std::span<const qubes::Change> changes) {
    on_qubesdb(settings, changes);
  };
  events.log = log;
  qubesdb_.emplace(loop_, std::move(**source), std::move(events));
  return {};
}

void GatewayLoop::on_qubesdb(const qubes::Settings& settings,
                             std::span<const qubes::Change> changes) {
  const base::Now now = io::read_clock();
  dom0_settings_->apply(now, settings, changes);
  settle(now);
  tell_followers();
}

void GatewayLoop::run() {
  service_.ready();
  stay_alive();
  loop_.run();
}

// A file that cannot be used leaves the gateway blocked, with the reason; it never ends it.
void GatewayLoop::load_profiles(FileSource& files) {
  if (stopping_) return;
  const base::Now now = io::read_clock();
  LoadedProfiles loaded = daemon::load_profiles(options_.profiles, files);
  for (const std::string& problem : loaded.problems) log(problem);
  std::optional<openvpn::Credentials> login;
  if (!options_.auth_file.empty()) {
    auto read = load_credentials(options_.auth_file, files);
    if (read) {
      login = std::move(*read);
    } else {
      log(read.error());
    }
  }
  if (loaded.usable.empty()) {
    gateway_.block(now, loaded.problems.empty() ? "no profile was given" : loaded.problems.front());
  } else {
    gateway_.use_profiles(now, std::move(loaded.usable), std::move(login));
  }
  settle(now);
}

void GatewayLoop::reload() {
  if (!caged_) {
    DiskFiles files;
    return load_profiles(files);
  }
  if (handed_.empty()) {
    return log("a reload needs its files from outside the cage: use `sallyport ctl reload`");
  }
  HandedFiles files = std::exchange(handed_, {});
  load_profiles(files);
}

// systemd ends and restarts us when this loop hangs.
void GatewayLoop::stay_alive() {
  service_.alive();
  if (const auto interval = service_.watchdog_interval()) watchdog_.set(*interval);
}

void GatewayLoop::stop() {
  if (std::exchange(stopping_, true)) return loop_.stop();
  service_.stopping();
  const base::Now now = io::read_clock();
  gateway_.stop(now);
  settle(now);
}

void GatewayLoop::on_uplink_readable() {
  const base::Now now = io::read_clock();
  for (std::size_t i = 0; i < kBatchesPerTurn && uplink_; ++i) {
    const bool more = uplink_->receive([&](base::MutableBytes packet) {
      if (!gateway_.router().inside().has_room()) inside_.deliver();
      ++arrived_;
      gateway_.handle_packet(now, packet);
    });
    // Before the memory of these packets is used again.
    settle_batch(now);
    if (!more) break;
  }
  rest_if_dense(now);
}

// For packets from outside alone, which come one by one where the path has no GRO. Clients' bulk
// comes as super-packets, and a rest would only hold up the acknowledgements it waits for.
void GatewayLoop::rest_if_dense(base::Now now) {
  const base::Duration pause = pacer_.rest_after(now.mono, arrived_);
  if (pause > base::Duration::zero()) io::rest(pause);
}

void GatewayLoop::on_uplink_writable() {
  const base::Now now = io::read_clock();
  if (send_outside(now)) inside_.resume();
  settle(now);
}

// What a server notices late: that the way to it has changed, or that time has passed.
std::expected<void, std::string> GatewayLoop::watch_surroundings() {
  auto path = UplinkPath::open(loop_, options_.uplink, [this] {
    const base::Now now = io::read_clock();
    gateway_.handle_new_path(now);
    settle(now);
  });
  if (!path) return std::unexpected(path.error().text);
  path_ = std::move(*path);
  auto clock = io::ClockWatch::open(loop_, [this] {
    const base::Now now = io::read_clock();
    gateway_.handle_clock_set(now);
    gateway_.handle_timeout(now);
    settle(now);
  });
  if (!clock) return std::unexpected(clock.error().text);
  clock_ = std::move(*clock);
  return {};
}

void GatewayLoop::on_timer() {
  const base::Now now = io::read_clock();
  timer_at_.reset();
  if (stopping_ && gateway_.left()) return loop_.stop();
  gateway_.handle_timeout(now);
  settle(now);
}

void GatewayLoop::settle_batch(base::Now now) {
  gateway_.batch_done(now);
  settle(now);
}

void GatewayLoop::settle(base::Now now) {
  inside_.deliver();
  if (!send_outside(now)) inside_.pause();
  send_packets(now);
  while (const auto output = gateway_.poll(now)) {
    act(*output, now);
    send_packets(now);
  }
  set_timer(now);
  if (stopping_ && gateway_.left()) loop_.stop();
}

// True when everything has been sent.
bool GatewayLoop::send_outside(base::Now now) {
  gateway::OutsideBatch& batch = gateway_.router().outside();
  if (batch.empty()) {
    first_unsent_ = 0;
    return true;
  }
  if (uplink_) {
    first_unsent_ = uplink_->send(now.mono, batch.trains(), first_unsent_);
    batch.set_enough(uplink_->batch_size());
    if (first_unsent_ < batch.trains().size()) return false;
  }
  batch.clear();
  first_unsent_ = 0;
  return true;
}

void GatewayLoop::send_packets(base::Now now) {
  while (const auto packet = gateway_.poll_packet(now)) {
    if (uplink_) uplink_->send_packet(*packet);
  }
}

void GatewayLoop::act(const gateway::GatewayOutput& output, base::Now now) {
  if (const auto* resolve = std::get_if<openvpn::ResolveRequest>(&output)) {
    resolver_.start(resolve->host, to_io(resolve->family),
                    [this](const io::Resolution& resolution) {
                      const base::Now then = io::read_clock();
                      gateway_.handle_resolved(then, resolution.addresses, resolution.failure);
                      settle(then);
                    });
  } else if (const auto* connect = std::get_if<openvpn::ConnectRequest>(&output)) {
    open_uplink(*connect);
  } else if (std::holds_alternative<openvpn::CloseRequest>(output)) {
    close_uplink(now);
  } else if (const auto* line = std::get_if<gateway::LogLine>(&output)) {
    log(line->text);
  } else if (std::holds_alternative<gateway::NewsInStatus>(output)) {
    tell_followers();
  } else {
    const auto& change = std::get<gateway::StateChanged>(output);
    log(fmt::format("{}{}{}", gateway::name_of(change.state), change.reason.empty() ? "" : ": ",
                    change.reason));
    service_.status(gateway::name_of(change.state));
    start_up_pages_.release();
    tell_followers();
  }
}

void GatewayLoop::open_uplink(const openvpn::ConnectRequest& request) {
  Uplink::Events events;
  events.connected = [this] {
    const base::Now now = io::read_clock();
    gateway_.handle_connected(now);
    settle(now);
  };
  events.disconnected = [this](const std::string& why) {
    const base::Now now = io::read_clock();
    gateway_.handle_disconnected(now, why);
    settle(now);
  };
  events.readable = [this] { on_uplink_readable(); };
  events.writable = [this] { on_uplink_writable(); };
  events.path_mtu = [this](std::size_t mtu) { gateway_.handle_path_mtu(mtu); };
  path_->use({request.address, request.port});
  auto opened = Uplink::open(loop_, request, options_.uplink, std::move(events));
  if (opened) {
    uplink_ = std::move(*opened);
    return;
  }
  gateway_.handle_disconnected(io::read_clock(), opened.error().text);
}

void GatewayLoop::close_uplink(base::Now now) {
  send_packets(now);
  resolver_.cancel();
  if (!uplink_) return;
  uplink_->close();
  retired_.push_back(std::move(uplink_));
  retire_.set(base::Duration::zero());
  first_unsent_ = 0;
  inside_.resume();
}

// Almost every packet moves a deadline a little further away. A timer that goes off early does
// nothing, so it is only set anew to go off sooner.
void GatewayLoop::set_timer(base::Now now) {
  const auto deadline = gateway_.next_deadline();
  if (!deadline || (timer_at_ && *timer_at_ <= *deadline)) return;
  timer_at_ = deadline;
  timer_.set(*deadline - now.mono);
}

void GatewayLoop::tell_followers() {
  if (control_ && control_->has_followers()) control_->push(status());
}

std::string GatewayLoop::status() const {
  return status_json(gateway_.status(), inside_.rings(),
                     qubesdb_ ? qubesdb_->status() : QubesDbStatus{});
}

std::string GatewayLoop::answer(io::ControlServer::Request& request) {
  const auto asked = parse_control_request(request.line);
  const std::string command = asked ? asked->command : "";
  if (command == "status") return status();
  if (command == "follow") {
    request.follow = true;
    return status();
  }
  if (stopping_) return error_answer("the gateway is stopping");
  if (command == "files") {
    return needed_files_line({options_.profiles, options_.auth_file, caged_});
  }
  if (command == "file") return take_file(handed_, asked->path, request);
  if (command == "reconnect") {
    const base::Now now = io::read_clock();
    if (!gateway_.can_connect()) return error_answer("there is no usable profile");
    gateway_.reconnect(now);
    settle(now);
    return kDone;
  }
  if (command == "answer") {
    const base::Now now = io::read_clock();
    if (!gateway_.answer(now, base::SecretBytes(asked->text)))
      return error_answer("nothing was asked");
    settle(now);
    return kDone;
  }
  if (command == "reload") {
    if (caged_ && handed_.empty()) return error_answer("no file was handed over");
    reload();
    return kDone;
  }
  return error_answer("unknown command");
}

}  // namespace sallyport::daemon
