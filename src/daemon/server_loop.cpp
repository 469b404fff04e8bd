#include "daemon/server_loop.h"

#include <csignal>

#include "daemon/cage.h"
#include "daemon/control_answer.h"
#include "daemon/control_request.h"
#include "daemon/log.h"
#include "daemon/server_status.h"
#include "gateway/mss_policy.h"
#include "io/clock.h"
#include "io/privileges.h"
#include "io/turn_pacer.h"
#include "net/mss.h"
#include "net/segment.h"

namespace sallyport::daemon {
namespace {

constexpr const char* kControlGroup = "sallyport";
constexpr std::size_t kFramesPerTurn = 64;
// So many dropped packets in so short a time are no accident.
constexpr std::uint64_t kFloodPackets = 4;
constexpr base::Duration kFloodWindow = std::chrono::milliseconds(2);
constexpr base::Duration kFloodRest = std::chrono::milliseconds(2);
// Clients are told that the server stops; whoever does not answer by then finds out by himself.
constexpr base::Duration kFarewell = std::chrono::seconds(1);

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : "\nsallyport: ") + line;
  return text;
}

}  // namespace

std::expected<std::unique_ptr<ServerLoop>, std::string> ServerLoop::create(
    ServerOptions options, std::unique_ptr<AccessKeeper> keeper) {
  std::unique_ptr<ServerLoop> made(new ServerLoop(std::move(options), std::move(keeper)));
  if (auto set_up = made->set_up(); !set_up) return std::unexpected(set_up.error());
  return made;
}

ServerLoop::ServerLoop(ServerOptions options, std::unique_ptr<AccessKeeper> keeper)
    : options_(std::move(options)),
      keeper_(std::move(keeper)),
      timer_(loop_, [this] { on_timer(); }),
      stop_timer_(loop_, [this] { loop_.stop(); }),
      watchdog_(loop_, [this] {
        service_.alive();
        watchdog_.set(*service_.watchdog_interval());
      }) {}

std::expected<void, std::string> ServerLoop::set_up() {
  io::allow_most_files();
  DiskFiles disk;
  RememberingFiles files(disk);
  auto loaded = load_server(options_.config_file, files);
  if (!loaded) return std::unexpected(joined(loaded.error()));
  for (const std::string& line : loaded->ignored) log(line);
  for (const std::string& warning : loaded->warnings) log(warning);
  remembered_ = files.take();
  watched_ = loaded->watched;
  if (options_.user.empty()) options_.user = loaded->config.user;
  const auto cookie_key = base::random_bytes<openvpn::CookieJar::kKeySize>(rng_);
  sockets_ = std::make_unique<ServerSockets>(
      loop_, ServerSockets::Events{
                 // One reading for all: a packet of a batch is not later than another.
                 [this] { now_ = io::read_clock(); },
                 [this](const openvpn::Path& path, base::MutableBytes packet, bool stream) {
                   on_packet(path, packet, stream);
                 },
                 [this] { on_batch_done(); },
                 // Waking up costs more than turning a stranger away: a flood waits until there is
                 // more of it, but not while there is.
                 [this] {
                   if (is_flooded(now_)) io::rest(kFloodRest);
                 },
                 [this](std::uint32_t socket) { server_->handle_disconnected(now_, socket); }});
  auto device = ServerDevice::make(loaded->config);
  if (!device) return std::unexpected(device.error());
  device_ = std::move(*device);
  device_watch_ = std::make_unique<io::FdWatch>(
      loop_, device_->fd(), io::FdWatch::Readiness::kReadable, [this] { on_device(); });
  if (auto listening = sockets_->listen(loaded->config.listen); !listening) return listening;
  // Also for a server without passwords: a reload may bring some, and threads can't be made in the
  // cage.
  auto worker = PasswordWorker::start(
      loop_, [this](openvpn::PeerId client, std::uint64_t number, bool right) {
        const base::Now now = io::read_clock();
        server_->handle_password(now, client, number, right);
        settle(now);
      });
  if (!worker) return std::unexpected(worker.error().text);
  passwords_ = std::move(*worker);
  server_ = std::make_unique<openvpn::Server>(std::move(loaded->config), std::move(loaded->tls),
                                              cookie_key, rng_);
  auto control = io::ControlServer::listen(
      loop_, options_.control_socket, kControlGroup,
      [this](io::ControlServer::Request& request) { return answer(request); });
  if (!control) return std::unexpected(control.error().text);
  control_ = std::move(*control);
  std::signal(SIGPIPE, SIG_IGN);
  for (const int number : {SIGTERM, SIGINT})
    signals_.push_back(std::make_unique<io::SignalWatch>(loop_, number, [this] { stop(); }));
  keeper_->watch(loop_);
  signals_.push_back(std::make_unique<io::SignalWatch>(loop_, SIGHUP, [this] {
    if (caged_) return keeper_->ask_for_reload();
    if (const std::string problem = reload(); !problem.empty()) log(problem);
  }));
  return {};
}

std::expected<void, std::string> ServerLoop::enter_cage() {
  if (options_.user.empty()) return {};
  caged_ = true;
  return daemon::enter_cage(options_.user, io::OpeningFiles::kNever);
}

std::expected<void, std::string> ServerLoop::run() {
  service_.ready();
  service_.alive();
  if (const auto interval = service_.watchdog_interval()) watchdog_.set(*interval);
  log("listening");
  start_up_pages_.release();
  loop_.run();
  if (!ended_by_.empty()) return std::unexpected(ended_by_);
  return {};
}

std::string ServerLoop::reload() {
  DiskFiles disk;
  HandedFiles handed = std::exchange(handed_, {});
  if (caged_ && handed.empty())
    return "a reload needs its files from outside the cage: use `sallyport ctl reload`";
  RememberingFiles files(caged_ ? static_cast<FileSource&>(handed) : disk);
  auto loaded = load_server(options_.config_file, files);
  std::vector<std::string> watched = loaded ? loaded->watched : std::vector<std::string>();
  const std::string problem = use(std::move(loaded));
  if (!problem.empty()) return problem;
  remembered_ = files.take();
  watched_ = std::move(watched);
  log("reloaded");
  return {};
}

std::string ServerLoop::refresh() {
  DiskFiles disk;
  HandedFiles handed = std::exchange(fresh_, {});
  RefreshedFiles files(remembered_, watched_, caged_ ? static_cast<FileSource&>(handed) : disk);
  const std::string problem = use(load_server(options_.config_file, files));
  if (problem.empty()) log("who is shut out was read again");
  return problem;
}

std::string ServerLoop::use(std::expected<LoadedServer, std::vector<std::string>> loaded) {
  if (stopping_) return "the server is stopping";
  if (!loaded) return "nothing is changed: " + joined(loaded.error());
  if (const auto option = server_->needs_restart(loaded->config))
    return "nothing is changed: another " + std::string(*option) + " needs a restart";
  const base::Now now = io::read_clock();
  for (const std::string& warning : loaded->warnings) log(warning);
  server_->reload(now, std::move(loaded->config), std::move(loaded->tls));
  settle(now);
  return {};
}

void ServerLoop::stop() {
  if (std::exchange(stopping_, true)) return loop_.stop();
  service_.stopping();
  const base::Now now = io::read_clock();
  server_->stop(now);
  stop_timer_.set(kFarewell);
  settle(now);
}

void ServerLoop::on_packet(const openvpn::Path& path, base::MutableBytes packet, bool stream) {
  const auto inside = stream ? server_->handle_stream(now_, path, packet)
                             : server_->handle_datagram(now_, path, packet);
  if (!inside) return;
  if (inside->to) return seal_copy(*inside->to, inside->packet);
  auto parsed = net::parse_packet(inside->packet);
  if (!parsed) return device_->write(inside->packet);
  clamp_mss(*parsed, inside->from);
  device_->write(*parsed);
}

void ServerLoop::on_device() {
  now_ = io::read_clock();
  for (std::size_t i = 0; i < kFramesPerTurn; ++i) {
    auto frame = device_->read();
    if (!frame) {
      // Started again it makes a new one; without one it is of no use to anybody.
      ended_by_ = device_->name() + ": the device is gone";
      device_watch_->disable();
      stop();
      break;
    }
    if (frame->bytes.empty()) break;
    if (frame->packet) {
      send_inside(*frame->packet);
    } else {
      ++undeliverable_;
    }
  }
  server_->batch_done(now_);
  settle(now_);
}

void ServerLoop::send_inside(net::Packet& packet) {
  const auto client = server_->client_at(packet.destination);
  if (!client) {
    ++undeliverable_;
    return;
  }
  clamp_mss(packet, *client);
  seal_segments(*client, packet);
}

// Handshakes of TCP are told how much fits through the tunnel; everything else goes as it is.
void ServerLoop::clamp_mss(net::Packet& packet, openvpn::PeerId client) const {
  if (!net::may_announce_mss(packet)) return;
  const auto limit = gateway::tcp_packet_limit(
      server_->config().tunnel, server_->outer_path(client), server_->seal_room(client));
  net::clamp_mss(packet, net::max_mss(limit, packet.is_v4()));
}

template <class Writer>
void ServerLoop::seal_one(openvpn::PeerId client, std::size_t size, Writer write) {
  if (!batch_.has_room()) flush();
  const openvpn::SealRoom room = server_->seal_room(client);
  const base::MutableBytes buffer =
      batch_.claim(room.sealed_size(size), server_->outer_path(client).transport);
  write(buffer.subspan(room.front, size));
  if (const auto path = server_->seal(client, buffer, size)) batch_.commit(*path);
}

void ServerLoop::seal_segments(openvpn::PeerId client, const net::Packet& packet) {
  const net::Segmenter segments(packet);
  for (std::size_t i = 0; i < segments.count(); ++i) {
    seal_one(client, segments.size(i), [&](base::MutableBytes out) { segments.write(i, out); });
  }
}

void ServerLoop::seal_copy(openvpn::PeerId client, base::Bytes packet) {
  seal_one(client, packet.size(), [&](base::MutableBytes out) { base::copy_bytes(packet, out); });
}

void ServerLoop::on_batch_done() {
  now_ = io::read_clock();
  device_->batch_done();
  server_->batch_done(now_);
  settle(now_);
}

bool ServerLoop::is_flooded(base::Now now) {
  const std::uint64_t drops = server_->drops().total();
  if (now.mono - flood_window_ > kFloodWindow) {
    flood_window_ = now.mono;
    drops_before_ = drops;
  }
  return drops - drops_before_ >= kFloodPackets;
}

void ServerLoop::on_timer() {
  const base::Now now = io::read_clock();
  timer_at_.reset();
  server_->handle_timeout(now);
  settle(now);
}

void ServerLoop::flush() {
  sockets_->send(batch_.trains());
  batch_.clear();
}

void ServerLoop::settle(base::Now now) {
  flush();
  while (auto output = server_->poll()) {
    // Before a stream is closed, its last words.
    while (const auto packet = server_->poll_packet(now))
      sockets_->send(packet->path, packet->packet);
    act(std::move(*output));
  }
  while (const auto packet = server_->poll_packet(now))
    sockets_->send(packet->path, packet->packet);
  set_timer(now);
  if (stopping_ && server_->is_empty()) loop_.stop();
}

void ServerLoop::act(openvpn::ServerOutput output) {
  if (auto* check = std::get_if<openvpn::PasswordCheck>(&output)) {
    if (!passwords_->add(*check))
      server_->handle_unchecked(io::read_clock(), check->client, check->number);
  } else if (const auto* closed = std::get_if<openvpn::CloseStream>(&output)) {
    sockets_->close(closed->socket);
  } else {
    log(std::get<openvpn::ServerNote>(output).text);
  }
}

void ServerLoop::set_timer(base::Now now) {
  const auto deadline = server_->next_deadline();
  if (!deadline || (timer_at_ && *timer_at_ <= *deadline)) return;
  timer_at_ = deadline;
  timer_.set(*deadline - now.mono);
}

std::string ServerLoop::answer(io::ControlServer::Request& request) {
  const auto asked = parse_control_request(request.line);
  const std::string command = asked ? asked->command : "";
  const ServerCounters counters{sockets_->lost(), device_->lost() + undeliverable_};
  if (command == "status") return server_status_json(*server_, counters);
  if (command == "metrics") return server_metrics_json(*server_, counters);
  if (command == "files") return needed_files_line({{}, {}, caged_, options_.config_file});
  if (command == "file") return take_file(handed_, asked->path, request);
  if (command == "fresh") return take_file(fresh_, asked->path, request);
  if (command == "refresh") {
    const std::string problem = refresh();
    return problem.empty() ? kDone : error_answer(problem);
  }
  if (command == "reload") {
    const std::string problem = reload();
    return problem.empty() ? kDone : error_answer(problem);
  }
  if (command == "kick") {
    const base::Now now = io::read_clock();
    const std::size_t count = server_->kick(now, asked->name);
    settle(now);
    return count == 0 ? error_answer("no client has that name") : kDone;
  }
  return error_answer("unknown command");
}

}  // namespace sallyport::daemon
