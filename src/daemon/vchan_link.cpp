#include "daemon/vchan_link.h"

#include <algorithm>

#include "base/endian.h"
#include "daemon/packet_header.h"
#include "io/clock.h"
#include "net/ethernet.h"

namespace sallyport::daemon {
namespace {

constexpr std::size_t kEthernetHeader = net::EthernetHeader::kSize;
// Until the domain is there.
constexpr base::Duration kRetry = std::chrono::milliseconds(500);
// For the other end to notice; a link that does comes back after twice that.
constexpr base::Duration kHangUp = std::chrono::milliseconds(250);
constexpr std::size_t kEtherTypeAt = 12;

// Whether it is of the router's IP packets; a link without Ethernet has no use for others.
bool is_ip(base::Bytes frame) {
  const net::EtherType type{base::load_u16(frame, kEtherTypeAt)};
  return type == net::EtherType::kIpv4 || type == net::EtherType::kIpv6;
}

}  // namespace

VchanLink::VchanLink(io::EventLoop& loop, netback::DomainId peer, Events events)
    : loop_(loop),
      peer_(peer),
      events_(std::move(events)),
      retry_(loop, [this] { open(); }),
      wake_(loop, [this] {
        if (!lost_) watch_->enable();
      }) {
  retry_.set(base::Duration::zero());
}

void VchanLink::set_client(net::ClientId client, const net::MacAddress& mac) {
  client_ = client;
  mac_ = mac;
}

void VchanLink::open() {
  if (vchan_) {
    restarts_.pay(io::read_clock().mono);
    vchan_->listen_again();
    reader_ = std::make_unique<xen::PacketStreamReader>();
    lost_ = false;
    return watch_->enable();
  }
  auto vchan = xen::Vchan::listen(peer_, xen::vchan_path(peer_));
  if (!vchan) {
    if (vchan.error().text != last_problem_) events_.log(vchan.error().text);
    last_problem_ = vchan.error().text;
    return retry_.set(kRetry);
  }
  last_problem_.clear();
  vchan_.emplace(std::move(*vchan));
  reader_ = std::make_unique<xen::PacketStreamReader>();
  watch_ = std::make_unique<io::FdWatch>(loop_, vchan_->fd(), io::FdWatch::Readiness::kReadable,
                                         [this] { on_event(); });
}

void VchanLink::lose(base::Duration pause) {
  lost_ = true;
  was_connected_ = false;
  watch_->disable();
  const base::Instant now = io::read_clock().mono;
  const base::Instant at = std::max(now + pause, restarts_.earliest());
  const bool often = at > now + pause;
  if (often && !quiet_)
    events_.log(xen::vchan_path(peer_) + ": it comes and goes too often for a line each time");
  quiet_ = often;
  retry_.set(at - now);
}

void VchanLink::log(const std::string& what) const {
  if (!quiet_) events_.log(xen::vchan_path(peer_) + what);
}

void VchanLink::on_event() {
  vchan_->take_event();
  if (vchan_->is_connected() && !std::exchange(was_connected_, true)) log(": connected");
  if (!vchan_->is_open()) {
    log(": the other end is gone");
    return lose(base::Duration::zero());
  }
  const std::uint64_t taken = taken_, turns = turns_;
  events_.readable(*this);
  // What waits for its turn is there.
  if (turns_ == turns) return;
  if (taken_ != taken) return spurious_.useful();
  // Until then it can't send us more than one.
  const base::Duration pause = spurious_.spurious();
  if (pause == base::Duration::zero() || lost_) return;
  watch_->disable();
  wake_.set(pause);
}

std::optional<xen::PacketStreamReader::Packet> VchanLink::next_packet() {
  for (;;) {
    auto packet = reader_->next();
    if (!packet) {
      log(": what the other end sends are no packets");
      vchan_->hang_up();
      lose(kHangUp);
      return std::nullopt;
    }
    if (*packet) return *packet;
    const std::size_t count = vchan_->read(reader_->free_space());
    if (count == 0) return std::nullopt;
    ++taken_;
    reader_->filled(count);
  }
}

InsideSource::Turn VchanLink::read(gateway::Router& router, base::Now now, std::size_t budget) {
  ++turns_;
  Turn turn;
  for (; vchan_ && !lost_; --budget) {
    if (budget == 0 || !router.takes_more()) return {turn.bytes, true};
    const auto packet = next_packet();
    if (!packet) break;
    turn.bytes += packet->bytes.size();
    const bool v4 = packet->bytes[0] >> 4 == 4;
    frame_.resize(kEthernetHeader + packet->bytes.size());
    net::EthernetHeader{gateway::kGatewayMac, mac_,
                        v4 ? net::EtherType::kIpv4 : net::EtherType::kIpv6}
        .write(frame_);
    std::ranges::copy(packet->bytes, frame_.begin() + kEthernetHeader);
    router.handle_inside(now, client_, frame_, offload_of(packet->header));
  }
  return turn;
}

void VchanLink::deliver(const gateway::InsideBatch& batch,
                        std::span<const gateway::InsideBatch::Frame> frames) {
  if (!vchan_ || lost_ || !vchan_->is_connected()) return;
  unsent_.clear();
  std::size_t room = vchan_->room();
  for (const gateway::InsideBatch::Frame& frame : frames) {
    const auto pieces = batch.pieces_of(frame);
    std::size_t size = 0;
    for (const base::Bytes piece : pieces) size += piece.size();
    if (size <= kEthernetHeader || !is_ip(pieces.front())) continue;
    size -= kEthernetHeader;
    // A peer that does not read loses packets, as on any link.
    if (xen::PacketHeader::kSize + size > room) continue;
    room -= xen::PacketHeader::kSize + size;
    const auto header = header_of(frame.offload, size).serialize();
    unsent_.insert(unsent_.end(), header.begin(), header.end());
    base::Bytes first = pieces.front().subspan(kEthernetHeader);
    unsent_.insert(unsent_.end(), first.begin(), first.end());
    for (const base::Bytes piece : pieces.subspan(1))
      unsent_.insert(unsent_.end(), piece.begin(), piece.end());
  }
  if (!unsent_.empty()) vchan_->write(unsent_);
}

}  // namespace sallyport::daemon
