#include "gateway/outside_batch.h"

#include <algorithm>

#include "base/check.h"
#include "base/endian.h"
#include "base/train_limits.h"

namespace sallyport::gateway {
namespace {

constexpr std::size_t kStreamLengthSize = 2;

}  // namespace

OutsideBatch::OutsideBatch() : bytes_(kCapacity) {
  trains_.reserve(256);
}

void OutsideBatch::configure(const openvpn::SealRoom& room, OutsideFraming framing,
                             std::vector<std::uint8_t> prefix) {
  CHECK(empty() && (prefix.empty() || framing == OutsideFraming::kDatagrams));
  prefix_ = std::move(prefix);
  room_ = room;
  framing_ = framing;
}

std::size_t OutsideBatch::prefix_size() const {
  return framing_ == OutsideFraming::kStream ? kStreamLengthSize : prefix_.size();
}

bool OutsideBatch::takes(std::size_t packets, std::size_t ip_bytes) const {
  return packets * (prefix_size() + room_.front + room_.back + room_.block) + ip_bytes <=
         kLargestClaim;
}

OutsideBatch::Claim OutsideBatch::claim(std::size_t size) {
  const std::size_t prefix = prefix_size();
  const std::size_t sealed_size = room_.sealed_size(size);
  claimed_ = prefix + sealed_size;
  const base::MutableBytes space = bytes_.bytes().subspan(end_, claimed_);
  if (framing_ == OutsideFraming::kStream) {
    base::store_u16(space, 0, static_cast<std::uint16_t>(sealed_size));
  } else {
    std::ranges::copy(prefix_, space.begin());
  }
  const base::MutableBytes sealed = space.subspan(prefix);
  return {sealed, sealed.subspan(room_.front, size)};
}

bool OutsideBatch::extends_last_train(std::size_t size) const {
  if (!train_open_) return false;
  const OutsideTrain& last = trains_.back();
  if (last.bytes.size() + size > std::min(base::kMaxTrainBytes, enough_)) return false;
  return framing_ == OutsideFraming::kStream ||
         (size <= last.segment_size && segments_ < base::kMaxTrainSegments);
}

void OutsideBatch::commit() {
  CHECK(claimed_ != 0);
  const base::Bytes packet = bytes_.bytes().subspan(end_, claimed_);
  if (extends_last_train(packet.size())) {
    OutsideTrain& last = trains_.back();
    last.bytes =
        bytes_.bytes().subspan(end_ - last.bytes.size(), last.bytes.size() + packet.size());
    ++segments_;
    // A shorter datagram can only be a train's last.
    train_open_ = framing_ == OutsideFraming::kStream || packet.size() == last.segment_size;
  } else {
    trains_.push_back({packet, packet.size()});
    segments_ = 1;
    train_open_ = true;
  }
  end_ += claimed_;
  claimed_ = 0;
}

void OutsideBatch::clear() {
  trains_.clear();
  end_ = claimed_ = segments_ = 0;
  train_open_ = false;
}

}  // namespace sallyport::gateway
