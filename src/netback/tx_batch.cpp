#include "netback/tx_batch.h"

#include <algorithm>

#include "netback/tx_chain.h"

namespace sallyport::netback {

void TxBatch::add_packet(const TxChain& chain, base::MutableBytes bytes) {
  Parts& parts = parts_[packet_count_];
  parts = {.first_slot = slot_count_,
           .slot_count = chain.slot_count(),
           .first_copy = copy_count_,
           .copy_count = 0};
  std::size_t at = 0;
  for (const TxRequest& part : chain.parts()) {
    if (part.size == 0) continue;
    copies_[copy_count_++] = {.local = bytes.subspan(at, part.size),
                              .ref = part.gref,
                              .offset = part.offset,
                              .done = false};
    at += part.size;
  }
  parts.copy_count = copy_count_ - parts.first_copy;
  packets_[packet_count_++] = {.bytes = bytes, .offload = chain.offload()};
}

std::size_t TxBatch::settle_packets() {
  std::size_t whole = 0;
  for (std::size_t i = 0; i < packet_count_; ++i) {
    const Parts& parts = parts_[i];
    const auto copies = std::span(copies_).subspan(parts.first_copy, parts.copy_count);
    if (std::ranges::all_of(copies, &CopyFromGuest::done)) {
      packets_[whole++] = packets_[i];
      continue;
    }
    for (TxResponse& response : std::span(responses_).subspan(parts.first_slot, parts.slot_count))
      if (response.status == RspStatus::kOkay) response.status = RspStatus::kError;
  }
  const std::size_t failed = packet_count_ - whole;
  packet_count_ = whole;
  return failed;
}

}  // namespace sallyport::netback
