#include "daemon/inside_links.h"

#include <algorithm>

#include "daemon/downstream_spec.h"
#include "daemon/netback_downstream.h"
#include "daemon/tap_link.h"
#include "daemon/vchan_link.h"
#include "io/clock.h"

namespace sallyport::daemon {
namespace {

// Frames taken from one link before the others and the uplink have their turn.
constexpr std::size_t kFramesPerTurn = 32;
// Bytes of one before the next, where they have to wait for the uplink.
constexpr std::size_t kQuantum = 16 * 1024;

}  // namespace

InsideLinks::InsideLinks(io::EventLoop& loop, gateway::Gateway& gateway, Events events)
    : loop_(loop),
      gateway_(gateway),
      events_(std::move(events)),
      turns_(kQuantum),
      again_(loop, [this] { serve(); }) {}

InsideLinks::~InsideLinks() = default;

std::expected<void, std::string> InsideLinks::add(const std::string& text) {
  auto spec = parse_downstream(text);
  std::expected<void, std::string> added;
  if (!spec) {
    added = std::unexpected(spec.error());
  } else if (auto* tap = std::get_if<TapSpec>(&*spec)) {
    added = add_tap(std::move(*tap));
  } else if (auto* vchan = std::get_if<VchanSpec>(&*spec)) {
    added = add_vchan(std::move(*vchan));
  } else {
    added = add_netback();
  }
  if (!added) return std::unexpected("--downstream " + text + ": " + added.error());
  return {};
}

std::expected<void, std::string> InsideLinks::add_tap(TapSpec spec) {
  auto device = io::TapDevice::create(spec.device, io::TapDevice::Kind::kEthernet);
  if (!device) return std::unexpected(device.error().text);
  auto link = std::make_unique<TapLink>(loop_, std::move(*device),
                                        [this](TapLink& readable) { ready(readable); });
  const auto client = attach(std::move(spec.client), *link);
  if (!client) return std::unexpected("there are too many clients");
  link->set_client(*client);
  taps_.push_back(std::move(link));
  return {};
}

void InsideLinks::lose(const InsideSource& source) {
  const auto tap = std::ranges::find_if(
      taps_, [&](const std::unique_ptr<TapLink>& link) { return link.get() == &source; });
  if (tap == taps_.end()) return;
  events_.log("tap:" + (*tap)->device() + ": the device is gone, and with it the client");
  detach((*tap)->client());
}

std::expected<void, std::string> InsideLinks::add_vchan(VchanSpec spec) {
  auto link = std::make_unique<VchanLink>(
      loop_, netback::DomainId(spec.domain),
      VchanLink::Events{[this](VchanLink& readable) { ready(readable); }, events_.log});
  const net::MacAddress mac = spec.client.mac;
  const auto client = attach(std::move(spec.client), *link);
  if (!client) return std::unexpected("there are too many clients");
  link->set_client(*client, mac);
  vchans_.push_back(std::move(link));
  return {};
}

std::expected<void, std::string> InsideLinks::add_netback() {
  if (netback_) return std::unexpected("given twice");
  auto made = NetbackDownstream::create(loop_, gateway_, *this, events_);
  if (!made) return std::unexpected(made.error());
  netback_ = std::move(*made);
  return {};
}

void InsideLinks::ready(InsideSource& source) {
  turns_.add(&source);
  if (paused_) return source.listen(false);
  serve();
}

// One turn for each that is in line: then the uplink has its own.
void InsideLinks::serve() {
  for (std::size_t left = turns_.size(); left > 0 && !turns_.empty() && !paused_; --left)
    serve_next();
  if (!paused_ && !turns_.empty()) again_.set(base::Duration::zero());
}

void InsideLinks::serve_next() {
  const base::Now now = io::read_clock();
  InsideSource& source = *turns_.next();
  const InsideSource::Turn turn = source.read(gateway_.router(), now, kFramesPerTurn);
  events_.batch_done(now);
  // Where nobody has to wait, the loop itself lets all have their turns.
  const bool alone = !paused_ && turns_.size() == 1 && source.says_again();
  turns_.took(&source, turn.bytes, turn.more && !alone);
  source.listen(!paused_ || !turns_.holds(&source));
  if (!turn.gone) return;
  // Once: its client's number may soon be another's.
  turns_.remove(&source);
  lose(source);
}

void InsideLinks::deliver() {
  gateway::InsideBatch& batch = gateway_.router().inside();
  for (auto rest = batch.frames(); !rest.empty();) {
    const net::ClientId client = rest.front().client;
    std::size_t count = 1;
    while (count < rest.size() && rest[count].client == client) ++count;
    InsideLink* const link =
        client.value() < by_client_.size() ? by_client_[client.value()] : nullptr;
    if (link != nullptr) link->deliver(batch, rest.first(count));
    rest = rest.subspan(count);
  }
  batch.clear();
}

RingsByClient InsideLinks::rings() const {
  RingsByClient all;
  for (std::size_t i = 0; i < by_client_.size(); ++i) {
    if (by_client_[i] == nullptr) continue;
    if (const auto rings = by_client_[i]->rings())
      all.emplace(net::ClientId(static_cast<std::uint32_t>(i)), *rings);
  }
  return all;
}

void InsideLinks::resume() {
  // Not from here: whoever resumes us is in the middle of something.
  if (std::exchange(paused_, false) && !turns_.empty()) again_.set(base::Duration::zero());
}

std::optional<net::ClientId> InsideLinks::attach(gateway::ClientSetup setup, InsideLink& link) {
  const auto client = gateway_.router().attach(std::move(setup));
  if (!client) return std::nullopt;
  if (by_client_.size() <= client->value()) by_client_.resize(client->value() + 1);
  by_client_[client->value()] = &link;
  choose_merging();
  return client;
}

void InsideLinks::choose_merging() {
  gateway_.router().merge_datagrams(std::ranges::all_of(by_client_, [](const InsideLink* link) {
    return link == nullptr || link->takes_udp_segmentation();
  }));
}

void InsideLinks::detach(net::ClientId client) {
  by_client_[client.value()] = nullptr;
  choose_merging();
  gateway_.router().detach(client);
}

}  // namespace sallyport::daemon
