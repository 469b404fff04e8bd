#include "xen/vif_backend.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "netback/ring_fault.h"

namespace sallyport::xen {
namespace {

using netback::VifAction;
using netback::VifId;

// Changes taken from xenstore before they are acted upon; a guest that rewrites its state all the
// time does not keep us from everything else.
constexpr std::size_t kChangesPerTurn = 256;

std::string token_of(VifId vif) {
  return std::to_string(vif.domain.value()) + "/" + std::to_string(vif.device.value());
}

// The vif that a change is about: by the token of a frontend's watch, or by the path that changed.
std::optional<VifId> vif_of(const Xenstore::Changed& changed) {
  if (changed.token != kVifRoot) return netback::parse_vif_path(changed.token);
  const std::string root = std::string(kVifRoot) + "/";
  if (!changed.path.starts_with(root)) return std::nullopt;
  std::string path = changed.path.substr(root.size());
  const std::size_t domain_end = path.find('/');
  if (domain_end == std::string::npos) return std::nullopt;
  const std::size_t device_end = path.find('/', domain_end + 1);
  return netback::parse_vif_path(path.substr(0, device_end));
}

// One flow stays with one queue, so that its packets keep their order.
std::size_t queue_for(const netback::RxFrame& frame, std::size_t queues) {
  if (queues == 1) return 0;
  constexpr std::size_t kV4 = 26, kV4Size = 12;  // addresses and ports, behind the Ethernet header
  constexpr std::size_t kV6 = 22, kV6Size = 36;
  const base::Bytes first = frame.pieces.front();
  const bool v6 = first.size() > 12 && first[12] == 0x86;
  base::Bytes key = first.subspan(std::min(first.size(), v6 ? kV6 : kV4));
  key = key.first(std::min(key.size(), v6 ? kV6Size : kV4Size));
  std::uint32_t hash = 2166136261;  // FNV-1a
  for (const std::uint8_t byte : key) hash = (hash ^ byte) * 16777619;
  return hash % queues;
}

}  // namespace

Result<std::unique_ptr<VifBackend>> VifBackend::open(base::Instant now) {
  auto store = Xenstore::open();
  if (!store) return std::unexpected(store.error());
  auto grants = GrantTable::open();
  if (!grants) return std::unexpected(grants.error());
  auto channels = EventChannels::open();
  if (!channels) return std::unexpected(channels.error());
  std::unique_ptr<VifBackend> backend(
      new VifBackend(std::move(*store), std::move(*grants), std::move(*channels)));
  if (!backend->store_.watch(kVifRoot, kVifRoot)) return system_error("cannot watch xenstore");
  backend->discover(now);
  return backend;
}

VifBackend::VifBackend(Xenstore store, GrantTable grants, EventChannels channels)
    : store_(std::move(store)), grants_(std::move(grants)), channels_(std::move(channels)) {}

void VifBackend::discover(base::Instant now) {
  for (const std::string& domain : store_.list(kVifRoot)) {
    for (const std::string& device : store_.list(std::string(kVifRoot) + "/" + domain)) {
      if (const auto id = netback::parse_vif_path(domain + "/" + device)) look(now, *id);
    }
  }
}

void VifBackend::handle_xenstore(base::Instant now) {
  std::set<VifId> touched;
  bool all = false;
  for (std::size_t i = 0; i < kChangesPerTurn; ++i) {
    const auto changed = store_.next_change();
    if (!changed) break;
    if (const auto id = vif_of(*changed)) {
      touched.insert(*id);
    } else {
      all = true;
    }
  }
  for (const VifId id : touched) look(now, id);
  if (all) discover(now);
}

void VifBackend::look(base::Instant now, VifId id) {
  auto at = vifs_.find(id);
  if (at == vifs_.end()) {
    if (!store_.read(std::string(kVifRoot) + "/" + token_of(id) + "/state")) return;
    auto directory = VifDirectory::open(store_, id);
    if (!directory) return note(id, directory.error());
    at = vifs_.try_emplace(id, std::move(*directory)).first;
    watch_frontend(at->second, id);
  }
  take_in(at->second, id);
  advance(now, id);
}

void VifBackend::watch_frontend(const Vif& vif, VifId id) {
  if (!store_.watch(vif.directory.frontend_state_path(), token_of(id)))
    note(id, "its frontend cannot be watched");
}

// A directory can go and come back between two looks at it.
void VifBackend::take_in(Vif& vif, VifId id) {
  const netback::VifSeen seen = vif.directory.look();
  vif.lifecycle.handle_seen(seen);
  if (!seen.exists || seen.backend != netback::XenbusState::kInitialising) return;
  const std::string watched = vif.directory.frontend_state_path();
  if (const auto read = vif.directory.read_again(); !read) {
    note(id, read.error());
    return vif.lifecycle.shut();
  }
  if (vif.directory.frontend_state_path() == watched) return;
  store_.unwatch(watched, token_of(id));
  watch_frontend(vif, id);
}

void VifBackend::advance(base::Instant now, VifId id) {
  const auto at = vifs_.find(id);
  if (at == vifs_.end()) return;
  while (const auto step = at->second.lifecycle.poll(now)) {
    if (step->action == VifAction::kForget) {
      store_.unwatch(at->second.directory.frontend_state_path(), token_of(id));
      vifs_.erase(at);
      return;
    }
    carry_out(at->second, id, *step);
  }
}

void VifBackend::carry_out(Vif& vif, VifId id, const netback::VifStep& step) {
  switch (step.action) {
    case VifAction::kOfferFeatures: {
      const auto offered = vif.directory.offer_features();
      if (offered || offered.error() == Xenstore::WriteError::kGone) return;
      note(id, "refused: this domain's quota of xenstore nodes is used up");
      return vif.lifecycle.shut();
    }
    case VifAction::kWriteState:
      if (const auto written = vif.directory.write_state(step.state);
          !written && written.error() == Xenstore::WriteError::kFull) {
        note(id, "its state cannot be written: xenstore is full");
      }
      return;
    case VifAction::kConnect:
      return connect(vif, id);
    case VifAction::kDisconnect:
      return disconnect(vif, id);
    case VifAction::kRemoveDirectory:
      return remove(vif, id);
    case VifAction::kForget:
      break;
  }
  CHECK(false);
}

void VifBackend::remove(Vif& vif, VifId id) {
  switch (vif.directory.remove()) {
    case Xenstore::Removal::kRemoved:
      return;
    case Xenstore::Removal::kKept:
      return take_in(vif, id);
    case Xenstore::Removal::kFailed:
      return note(id, "its directory cannot be removed");
  }
  CHECK(false);
}

void VifBackend::connect(Vif& vif, VifId id) {
  const auto details = vif.directory.read_frontend();
  if (!details) {
    note(id, details.error().to_string());
    return vif.lifecycle.connect_failed();
  }
  std::vector<VifQueue> queues;
  for (const netback::QueueDetails& queue : details->queues) {
    auto opened = VifQueue::open(grants_, channels_, id.domain, queue, details->features);
    if (!opened) {
      note(id, opened.error().text);
      return vif.lifecycle.connect_failed();
    }
    queues.push_back(std::move(*opened));
  }
  vif.queues = std::move(queues);
  for (std::size_t i = 0; i < vif.queues.size(); ++i) {
    for (const LocalPort port : vif.queues[i].ports()) ports_.emplace(port, Port{{id, i}, {}});
    // What its frontend sent before we were there.
    mark_ready({id, i});
  }
  vif.lifecycle.connected();
  events_.push_back(VifConnected{id, vif.directory.details(), details->features});
}

void VifBackend::disconnect(Vif& vif, VifId id) {
  if (sending_ && sending_->vif == id) {
    // What it had planned for the ring will never be answered.
    rx_batch_ = std::make_unique<netback::RxBatch>();
    sending_.reset();
  }
  std::erase_if(ports_, [id](const auto& entry) { return entry.second.queue.vif == id; });
  std::erase_if(masked_, [this](const auto& entry) { return !ports_.contains(entry.second); });
  ready_.remove(id);
  vif.ready.clear();
  vif.queues.clear();
  events_.push_back(VifDisconnected{id});
}

// A port does not fire again before it is unmasked, so each is served once, whatever guests do.
void VifBackend::handle_channels(base::Instant now) {
  CHECK(!sending_);
  std::vector<LocalPort> fired;
  while (fired.size() < kEventsPerTurn) {
    const auto port = channels_.next_fired();
    if (!port) break;
    fired.push_back(*port);
  }
  for (const LocalPort port : fired) unmask(now, port, serve_event(now, port));
}

bool VifBackend::serve_event(base::Instant now, LocalPort port) {
  const auto at = ports_.find(port);
  if (at == ports_.end()) return false;
  const QueueRef ref = at->second.queue;
  VifQueue* const queue = find(ref);
  CHECK(queue != nullptr);
  bool useful = false;
  if (queue->is_tx_port(port)) {
    const auto waiting = queue->has_requests();
    if (!waiting) {
      fault(now, ref.vif, waiting.error());
      return false;
    }
    useful = *waiting && mark_ready(ref);
  }
  if (!queue->is_rx_port(port)) return useful;
  const auto drained = queue->drain_backlog(*rx_batch_);
  if (drained) return useful || *drained;
  rx_batch_ = std::make_unique<netback::RxBatch>();
  fault(now, ref.vif, drained.error());
  return false;
}

void VifBackend::unmask(base::Instant now, LocalPort port, bool useful) {
  const auto at = ports_.find(port);
  if (at == ports_.end()) return;
  netback::SpuriousEvents& spurious = at->second.spurious;
  if (useful) spurious.useful();
  const base::Duration pause = useful ? base::Duration::zero() : spurious.spurious();
  if (pause == base::Duration::zero()) return channels_.unmask(port);
  masked_.emplace(now + pause, port);
}

void VifBackend::unmask_due(base::Instant now) {
  while (!masked_.empty() && masked_.begin()->first <= now) {
    channels_.unmask(masked_.begin()->second);
    masked_.erase(masked_.begin());
  }
}

void VifBackend::handle_timeout(base::Instant now) {
  unmask_due(now);
  std::vector<VifId> ids;
  for (const auto& [id, vif] : vifs_) ids.push_back(id);
  for (const VifId id : ids) advance(now, id);
}

std::optional<base::Instant> VifBackend::next_deadline() const {
  std::optional<base::Instant> earliest;
  if (!masked_.empty()) earliest = masked_.begin()->first;
  for (const auto& [id, vif] : vifs_) {
    const auto deadline = vif.lifecycle.next_deadline();
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  }
  return earliest;
}

std::optional<VifEvent> VifBackend::poll() {
  if (events_.empty()) return std::nullopt;
  VifEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void VifBackend::shut(base::Instant now, VifId id, const std::string& why) {
  const auto at = vifs_.find(id);
  if (at == vifs_.end()) return;
  note(id, "shut: " + why);
  at->second.lifecycle.shut();
  advance(now, id);
}

void VifBackend::fault(base::Instant now, VifId id, netback::RingFault why) {
  shut(now, id, "its frontend broke the protocol: " + std::string(netback::describe(why)));
}

std::optional<VifBackend::Received> VifBackend::receive(base::Instant now,
                                                        std::size_t max_packets) {
  while (!ready_.empty()) {
    const VifId id = ready_.next();
    Vif& vif = vifs_.at(id);
    // It stays in line for a turn after its last packet.
    if (vif.ready.empty()) {
      ready_.took(id, 0, /*more=*/false);
      continue;
    }
    const std::size_t queue = vif.ready.front();
    vif.ready.pop_front();
    const auto more = vif.queues[queue].receive(*tx_batch_, pool_.bytes(),
                                                std::min(max_packets, kMaxPackets));
    if (!more) {
      ready_.remove(id);
      fault(now, id, more.error());
      continue;
    }
    if (*more) vif.ready.push_back(queue);
    std::size_t bytes = 0;
    for (const netback::TxBatch::Packet& packet : tx_batch_->packets())
      bytes += packet.bytes.size();
    ready_.took(id, bytes, !vif.ready.empty());
    if (*more) return Received{id, tx_batch_->packets()};
  }
  return std::nullopt;
}

void VifBackend::send(base::Instant now, VifId id, const netback::RxFrame& frame) {
  const auto at = vifs_.find(id);
  if (at == vifs_.end() || at->second.queues.empty()) return;
  const QueueRef ref{id, queue_for(frame, at->second.queues.size())};
  if (sending_ && !(*sending_ == ref)) flush();
  sending_ = ref;
  const auto sent = at->second.queues[ref.queue].send(*rx_batch_, frame);
  if (!sent) fault(now, id, sent.error());
}

void VifBackend::flush() {
  if (!sending_) return;
  VifQueue* const queue = find(*sending_);
  CHECK(queue != nullptr);
  queue->flush(*rx_batch_);
  sending_.reset();
}

bool VifBackend::mark_ready(QueueRef ref) {
  Vif& vif = vifs_.at(ref.vif);
  if (std::ranges::find(vif.ready, ref.queue) != vif.ready.end()) return false;
  vif.ready.push_back(ref.queue);
  ready_.add(ref.vif);
  return true;
}

VifQueue* VifBackend::find(QueueRef ref) {
  const auto at = vifs_.find(ref.vif);
  if (at == vifs_.end() || ref.queue >= at->second.queues.size()) return nullptr;
  return &at->second.queues[ref.queue];
}

void VifBackend::note(VifId id, const std::string& text) {
  events_.push_back(VifNote{name_of(id) + ": " + text});
}

}  // namespace sallyport::xen
