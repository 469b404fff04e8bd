#include "daemon/link_loop.h"

#include <fmt/format.h>

#include <csignal>

#include "daemon/log.h"

namespace sallyport::daemon {
namespace {

using io::VnetHeader;
using xen::PacketHeader;

constexpr base::Duration kRetry = std::chrono::milliseconds(500);
constexpr std::size_t kLargestRecord = PacketHeader::kSize + 65535;
// Frames from one side, or pieces of the stream from the other, before the rest has its turn.
constexpr std::size_t kPerTurn = 64;

PacketHeader header_of(const VnetHeader& from, std::size_t length) {
  PacketHeader header;
  header.length = static_cast<std::uint16_t>(length);
  header.needs_checksum = from.needs_checksum;
  header.checksum_valid = from.checksum_valid && !from.needs_checksum;
  if (from.gso == VnetHeader::Gso::kTcp4) header.gso = PacketHeader::Gso::kTcp4;
  if (from.gso == VnetHeader::Gso::kTcp6) header.gso = PacketHeader::Gso::kTcp6;
  if (from.gso == VnetHeader::Gso::kUdp) header.gso = PacketHeader::Gso::kUdp;
  header.segment_size = from.gso == VnetHeader::Gso::kNone ? std::uint16_t{0} : from.segment_size;
  header.checksum_start = from.checksum_start;
  header.checksum_offset = from.checksum_offset;
  return header;
}

VnetHeader header_of(const PacketHeader& from) {
  VnetHeader header;
  header.needs_checksum = from.needs_checksum;
  header.checksum_valid = from.checksum_valid;
  if (from.gso == PacketHeader::Gso::kTcp4) header.gso = VnetHeader::Gso::kTcp4;
  if (from.gso == PacketHeader::Gso::kTcp6) header.gso = VnetHeader::Gso::kTcp6;
  if (from.gso == PacketHeader::Gso::kUdp) header.gso = VnetHeader::Gso::kUdp;
  header.segment_size = from.segment_size;
  header.checksum_start = from.checksum_start;
  header.checksum_offset = from.checksum_offset;
  // A hint: the network and TCP headers.
  if (header.gso != VnetHeader::Gso::kNone)
    header.header_length = static_cast<std::uint16_t>(from.checksum_start + 20u);
  return header;
}

}  // namespace

LinkLoop::LinkLoop(io::TapDevice device, netback::DomainId gateway, netback::DomainId own)
    : device_(std::move(device)),
      gateway_(gateway),
      path_(fmt::format("/local/domain/{}/{}", gateway.value(), xen::vchan_path(own))),
      space_(VnetHeader::kSize + io::TapDevice::kMaxFrame),
      device_watch_(loop_, device_.fd(), io::FdWatch::Readiness::kReadable,
                    [this] { on_device(); }),
      retry_(loop_, [this] { connect(); }),
      again_(loop_, [this] { take(); }),
      terminate_(loop_, SIGTERM, [this] { loop_.stop(); }),
      interrupt_(loop_, SIGINT, [this] { loop_.stop(); }) {}

std::expected<void, std::string> LinkLoop::run() {
  connect();
  loop_.run();
  if (!ended_by_.empty()) return std::unexpected(ended_by_);
  return {};
}

void LinkLoop::connect() {
  vchan_watch_.reset();
  vchan_.reset();
  auto vchan = xen::Vchan::connect(gateway_, path_);
  if (!vchan) return lose(vchan.error().text);
  last_problem_.clear();
  log("connected to the gateway");
  vchan_.emplace(std::move(*vchan));
  reader_ = std::make_unique<xen::PacketStreamReader>();
  vchan_watch_ = std::make_unique<io::FdWatch>(
      loop_, vchan_->fd(), io::FdWatch::Readiness::kReadable, [this] { on_vchan(); });
  device_watch_.enable();
}

// Called from the vchan's own callbacks too, so what it is made of goes with the next attempt.
void LinkLoop::lose(const std::string& why) {
  if (why != last_problem_) log(why);
  last_problem_ = why;
  if (vchan_watch_) vchan_watch_->disable();
  vchan_.reset();
  device_watch_.enable();
  retry_.set(kRetry);
}

void LinkLoop::on_vchan() {
  vchan_->take_event();
  take();
}

void LinkLoop::take() {
  if (!vchan_) return;
  if (!take_from_gateway()) return lose("what the gateway sends are no packets");
  if (!vchan_->is_open()) return lose("the gateway is gone");
  // It may have read, so that there is room again.
  device_watch_.enable();
}

bool LinkLoop::take_from_gateway() {
  for (std::size_t i = 0; i < kPerTurn; ++i) {
    const std::size_t count = vchan_->read(reader_->free_space());
    if (count == 0) return true;
    reader_->filled(count);
    for (;;) {
      const auto packet = reader_->next();
      if (!packet) return false;
      if (!*packet) break;
      const base::Bytes piece = (*packet)->bytes;
      device_.write(header_of((*packet)->header), std::span(&piece, 1));
    }
  }
  // The gateway notifies of what it writes into a ring that was found empty.
  again_.set(base::Duration::zero());
  return true;
}

void LinkLoop::on_device() {
  // Applications wait while the gateway does not read.
  for (std::size_t i = 0; i < kPerTurn; ++i) {
    if (vchan_ && vchan_->room() < kLargestRecord) return device_watch_.disable();
    const auto frame = device_.read(space_.bytes());
    if (!frame) {
      ended_by_ = device_.name() + ": the device is gone";
      return loop_.stop();
    }
    if (frame->bytes.empty()) return;
    if (!vchan_ || frame->bytes.size() > 65535) continue;
    const auto header = header_of(frame->header, frame->bytes.size()).serialize();
    record_.assign(header.begin(), header.end());
    record_.insert(record_.end(), frame->bytes.begin(), frame->bytes.end());
    vchan_->write(record_);
  }
}

}  // namespace sallyport::daemon
