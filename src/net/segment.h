// Does what an offload put off: splits a super-packet into its segments, and completes partial
// checksums. Both on the way into the caller's buffers, so that a payload is copied once.
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "net/packet.h"

namespace sallyport::net {

// One packet as the packets that go on the wire: the segments of a super-packet, or the packet
// itself.
//   for (std::size_t i = 0; i < segmenter.count(); ++i)
//     segmenter.write(i, claim(segmenter.size(i)));
class Segmenter {
 public:
  // `packet` outlives the Segmenter. It is whole, or the first segment of a merged run whose other
  // payloads are `rest` (net/merge.h): for a link that takes no super-packets.
  explicit Segmenter(const Packet& packet, std::span<const base::Bytes> rest = {});

  // At least 1, at most 1366: what bounds the segment size in net/offload.h leaves of 65535 bytes.
  std::size_t count() const { return count_; }
  // The IP packet's size. All are of the first one's size but the last, which may be shorter.
  std::size_t size(std::size_t index) const { return packet_.payload_at + payload(index).size(); }
  // Writes packet `index` with all its checksums complete into the first size(index) bytes of
  // `out`.
  void write(std::size_t index, base::MutableBytes out) const;

 private:
  base::Bytes payload(std::size_t index) const;
  void write_segment_header(std::size_t index, base::MutableBytes segment) const;

  const Packet& packet_;
  std::span<const base::Bytes> rest_;
  // Payload of every packet but the last.
  std::size_t step_;
  std::size_t count_;
};

// Completes a partial checksum in place; for any packet but a super-packet. The field's old value
// is not relied on: not every guest puts the pseudo-header's sum there.
void finish_checksum(Packet& packet);

}  // namespace sallyport::net
