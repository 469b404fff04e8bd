#include "daemon/netback_downstream.h"

#include <algorithm>

#include "io/clock.h"
#include "xen/kernel_backend.h"

namespace sallyport::daemon {
namespace {

// Batches taken from guests before the uplink has its turn.
constexpr std::size_t kBatchesPerTurn = 4;
// By which a batch is kept to what the uplink takes at a time.
constexpr std::size_t kUsualPacket = 1500;

// Empty when dom0 gave it no address by which to know its packets.
std::optional<gateway::ClientSetup> setup_of(const xen::VifConnected& vif) {
  gateway::ClientSetup setup;
  setup.name = xen::name_of(vif.vif);
  setup.mac = net::MacAddress(vif.details.mac);
  bool has_v4 = false;
  for (const base::IpAddress& address : vif.details.addresses) {
    if (address.is_v4()) {
      setup.v4 = address;
      has_v4 = true;
    } else {
      setup.v6 = address;
    }
  }
  if (!has_v4) return std::nullopt;
  return setup;
}

}  // namespace

std::expected<std::unique_ptr<NetbackDownstream>, std::string> NetbackDownstream::create(
    io::EventLoop& loop, gateway::Gateway& gateway, InsideLinks& links,
    const InsideLinks::Events& events) {
  if (auto free = xen::check_no_kernel_backend("/sys"); !free) return std::unexpected(free.error());
  const base::Now now = io::read_clock();
  auto backend = xen::VifBackend::open(now.mono);
  if (!backend) return std::unexpected(backend.error().text);
  std::unique_ptr<NetbackDownstream> made(
      new NetbackDownstream(loop, gateway, links, events, std::move(*backend)));
  // Clients that are there already are served from the first turn of the loop on.
  made->timer_.set(base::Duration::zero());
  return made;
}

NetbackDownstream::NetbackDownstream(io::EventLoop& loop, gateway::Gateway& gateway,
                                     InsideLinks& links, const InsideLinks::Events& events,
                                     std::unique_ptr<xen::VifBackend> backend)
    : gateway_(gateway),
      links_(links),
      events_(events),
      backend_(std::move(backend)),
      xenstore_(loop, backend_->xenstore_fd(), io::FdWatch::Readiness::kReadable,
                [this] {
                  const base::Now now = io::read_clock();
                  backend_->handle_xenstore(now.mono);
                  serve(now);
                }),
      channels_(loop, backend_->channels_fd(), io::FdWatch::Readiness::kReadable,
                [this] {
                  const base::Now now = io::read_clock();
                  backend_->handle_channels(now.mono);
                  serve(now);
                }),
      timer_(loop, [this] {
        const base::Now now = io::read_clock();
        backend_->handle_timeout(now.mono);
        serve(now);
      }) {}

void NetbackDownstream::serve(base::Now now) {
  take_events(now);
  set_timer(now);
  if (backend_->has_packets() || !batch_.packets.empty()) links_.ready(*this);
}

void NetbackDownstream::take_events(base::Now now) {
  while (const auto event = backend_->poll()) {
    if (const auto* note = std::get_if<xen::VifNote>(&*event)) {
      events_.log(note->text);
    } else if (const auto* connected = std::get_if<xen::VifConnected>(&*event)) {
      connect(now, *connected);
    } else {
      disconnect(std::get<xen::VifDisconnected>(*event).vif);
    }
  }
}

// What is read at once follows what leaves at once; how much that is for small segments is not known
// before, so what does not fit waits here.
InsideSource::Turn NetbackDownstream::read(gateway::Router& router, base::Now now, std::size_t) {
  Turn turn;
  for (std::size_t i = 0; i < kBatchesPerTurn && !links_.paused(); ++i) {
    if (batch_.packets.empty()) {
      const std::size_t most = std::max<std::size_t>(router.outside().enough() / kUsualPacket, 1);
      const auto received = backend_->receive(now.mono, most);
      if (!received) break;
      batch_ = *received;
    }
    const bool whole = route_batch(now, turn);
    events_.batch_done(now);
    if (!whole) break;
  }
  take_events(now);
  set_timer(now);
  turn.more = backend_->has_packets() || !batch_.packets.empty();
  return turn;
}

// The router's batches are empty before each turn, and one turn's packets fit them, but for guests
// that ask for the smallest of segments.
bool NetbackDownstream::route_batch(base::Now now, Turn& turn) {
  gateway::Router& router = gateway_.router();
  for (; !batch_.packets.empty(); batch_.packets = batch_.packets.subspan(1)) {
    if (!router.outside().has_room() || !router.inside().has_room()) events_.batch_done(now);
    if (!router.outside().has_room()) return false;
    const auto vif = vifs_.find(batch_.from);
    if (vif == vifs_.end()) {
      batch_.packets = {};
      break;
    }
    const netback::TxBatch::Packet& packet = batch_.packets.front();
    turn.bytes += packet.bytes.size();
    router.handle_inside(now, vif->second.client(), packet.bytes, offload_of(packet.offload));
  }
  return true;
}

void NetbackDownstream::connect(base::Now now, const xen::VifConnected& vif) {
  auto setup = setup_of(vif);
  if (!setup) return backend_->shut(now.mono, vif.vif, "dom0 gave it no IPv4 address");
  const auto [at, fresh] = vifs_.try_emplace(vif.vif, *backend_, vif.vif, vif.features);
  const auto client = links_.attach(std::move(*setup), at->second);
  if (!client) {
    vifs_.erase(at);
    return backend_->shut(now.mono, vif.vif, "there are too many clients");
  }
  at->second.set_client(*client);
  events_.log(xen::name_of(vif.vif) + ": connected");
}

void NetbackDownstream::disconnect(netback::VifId vif) {
  if (batch_.from == vif) batch_.packets = {};
  const auto at = vifs_.find(vif);
  if (at == vifs_.end()) return;
  links_.detach(at->second.client());
  vifs_.erase(at);
  events_.log(xen::name_of(vif) + ": disconnected");
}

void NetbackDownstream::set_timer(base::Now now) {
  if (const auto deadline = backend_->next_deadline()) return timer_.set(*deadline - now.mono);
  timer_.cancel();
}

}  // namespace sallyport::daemon
