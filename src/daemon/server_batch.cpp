#include "daemon/server_batch.h"

#include "base/train_limits.h"

namespace sallyport::daemon {

void ServerBatch::commit(const openvpn::Path& path, std::size_t size) {
  const base::Bytes packet = bytes_.bytes().subspan(end_, size);
  end_ += size;
  if (!trains_.empty()) {
    Train& last = trains_.back();
    const bool whole = last.bytes.size() % last.segment_size == 0;
    if (last.path == path && whole && size <= last.segment_size &&
        last.bytes.size() + size <= base::kMaxTrainBytes &&
        last.bytes.size() / last.segment_size < base::kMaxTrainSegments) {
      last.bytes = bytes_.bytes().subspan(
          static_cast<std::size_t>(last.bytes.data() - bytes_.bytes().data()),
          last.bytes.size() + size);
      return;
    }
  }
  trains_.push_back({path, packet, size});
}

void ServerBatch::clear() {
  end_ = 0;
  trains_.clear();
}

}  // namespace sallyport::daemon
