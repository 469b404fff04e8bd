#include "netback/rx_batch.h"

#include "netback/rx_pieces.h"

namespace sallyport::netback {

void RxBatch::open_frame(std::size_t bytes) {
  frames_[frame_count_++] = {.first_copy = copy_count_, .copy_count = 0, .bytes = bytes};
}

void RxBatch::add_page(const RxRequest& request, RxPieces& pieces, std::size_t size,
                       std::uint16_t flags) {
  for (std::size_t offset = 0; offset < size;) {
    const base::Bytes local = pieces.take(size - offset);
    slot_of_copy_[copy_count_] = static_cast<std::uint16_t>(slot_count_);
    copies_[copy_count_++] = {.local = local,
                              .ref = request.gref,
                              .offset = static_cast<std::uint16_t>(offset),
                              .done = false};
    ++frames_[frame_count_ - 1].copy_count;
    offset += local.size();
  }
  slots_[slot_count_++] = RxResponse{
      .id = request.id, .offset = 0, .flags = flags, .status = static_cast<std::int16_t>(size)};
}

void RxBatch::add_gso(const Offload& offload) {
  slots_[slot_count_++] =
      ExtraInfo{.type = ExtraType::kGso,
                .flags = 0,
                .gso_size = offload.segment_size,
                .gso_type = offload.gso == Gso::kTcp4 ? GsoType::kTcp4 : GsoType::kTcp6,
                .pad = 0,
                .gso_features = 0};
}

bool RxBatch::settle(const Frame& frame) {
  bool whole = true;
  for (std::size_t i = 0; i < frame.copy_count; ++i) {
    const std::size_t at = frame.first_copy + i;
    if (copies_[at].done) continue;
    std::get<RxResponse>(slots_[slot_of_copy_[at]]).status = RspStatus::kError;
    whole = false;
  }
  return whole;
}

}  // namespace sallyport::netback
