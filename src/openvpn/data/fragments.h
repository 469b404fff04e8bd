// OpenVPN's `fragment`: packets cut inside the encryption, so that no datagram is larger than
// agreed (docs/protocol.md, "Data channel"). Each piece stands behind a header of 32 bits:
//   bits 0-1 kind, 2-9 sequence number of the packet, 10-14 number of the piece, 15-28 a quarter of
//   the size of all pieces but the last; only the last one says it
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "openvpn/data/batch_memory.h"
#include "openvpn/drop_reason.h"

namespace sallyport::openvpn {

inline constexpr std::size_t kFragmentHeaderSize = 4;
inline constexpr std::size_t kMaxFragments = 32;

struct FragmentHeader {
  enum class Kind : std::uint8_t { kWhole, kNotLast, kLast, kTest };
  Kind kind = Kind::kWhole;
  std::uint8_t sequence = 0;
  std::uint8_t number = 0;       // of the piece, below kMaxFragments
  std::uint16_t piece_size = 0;  // kLast only: of the others; a multiple of four

  static FragmentHeader parse(std::span<const std::uint8_t, kFragmentHeaderSize> bytes);
  void write(std::span<std::uint8_t, kFragmentHeaderSize> bytes) const;
};

// How one packet is cut.
class FragmentPlan {
 public:
  // `piece_limit` is what a piece may take without its header, at least a multiple of four. Empty
  // when the packet would need more than kMaxFragments.
  static std::optional<FragmentPlan> make(std::size_t packet_size, std::size_t piece_limit,
                                          std::uint8_t sequence);

  std::size_t count() const { return count_; }
  // Of a piece with its header.
  std::size_t size(std::size_t index) const;
  // `packet` is all of it, `out` of size(index) bytes.
  void write(std::size_t index, base::Bytes packet, base::MutableBytes out) const;

 private:
  std::size_t packet_size_ = 0;
  std::size_t piece_size_ = 0;
  std::size_t count_ = 1;
  std::uint8_t sequence_ = 0;
};

// Puts together what a peer has cut. Pieces may come in any order; what is not whole after a while,
// or 32 cut packets later, is forgotten.
class FragmentReassembly {
 public:
  // Of a packet with its compression framing.
  static constexpr std::size_t kMaxPacket = BatchMemory::kMaxPacket;
  static constexpr base::Duration kLifetime = std::chrono::seconds(10);

  // `memory` outlives it.
  explicit FragmentReassembly(BatchMemory& memory) : memory_(memory) {}

  // Takes a decrypted plaintext with its header. Gives the packet when it is whole, or nothing as
  // long as pieces are missing. A packet that was not cut is borrowed from `plaintext`; one that
  // was put together lies in the batch's memory.
  std::expected<std::optional<base::MutableBytes>, DropReason> add(base::MutableBytes plaintext);
  // The end of a batch of packets: time passes only here.
  void batch_done(base::Instant now);

 private:
  static constexpr std::size_t kWaiting = 32;
  struct Waiting {
    bool used = false;
    std::uint8_t sequence = 0;
    std::uint32_t have = 0;  // a bit for each piece
    std::size_t piece_size = 0;
    std::optional<std::size_t> last;  // its number
    std::size_t size = 0;             // known with the last piece
    std::optional<base::Instant> since;
    std::vector<std::uint8_t> bytes;
  };

  std::expected<std::optional<base::MutableBytes>, DropReason> add_piece(
      const FragmentHeader& header, base::Bytes piece);

  BatchMemory& memory_;
  std::array<Waiting, kWaiting> waiting_;  // by sequence number
};

}  // namespace sallyport::openvpn
