#include "daemon/server_batch.h"

#include "base/check.h"
#include "base/endian.h"
#include "base/train_limits.h"
#include "openvpn/wire/tcp_framing.h"

namespace sallyport::daemon {

base::MutableBytes ServerBatch::claim(std::size_t size, openvpn::Transport transport) {
  in_stream_ = transport == openvpn::Transport::kTcp;
  const std::size_t prefix = in_stream_ ? openvpn::kTcpLengthSize : 0;
  claimed_ = prefix + size;
  const base::MutableBytes space = bytes_.bytes().subspan(end_, claimed_);
  if (in_stream_) base::store_u16(space, 0, static_cast<std::uint16_t>(size));
  return space.subspan(prefix);
}

bool ServerBatch::extends(const Train& last, const openvpn::Path& path) const {
  if (last.path != path || last.bytes.size() + claimed_ > base::kMaxTrainBytes) return false;
  // A shorter datagram can only be a train's last.
  return in_stream_ ||
         (last.bytes.size() % last.segment_size == 0 && claimed_ <= last.segment_size &&
          last.bytes.size() / last.segment_size < base::kMaxTrainSegments);
}

void ServerBatch::commit(const openvpn::Path& path) {
  CHECK(claimed_ != 0);
  const base::MutableBytes all = bytes_.bytes();
  if (!trains_.empty() && extends(trains_.back(), path)) {
    Train& last = trains_.back();
    last.bytes = all.subspan(end_ - last.bytes.size(), last.bytes.size() + claimed_);
  } else {
    trains_.push_back({path, all.subspan(end_, claimed_), claimed_});
  }
  end_ += claimed_;
  claimed_ = 0;
}

void ServerBatch::clear() {
  end_ = claimed_ = 0;
  trains_.clear();
}

}  // namespace sallyport::daemon
