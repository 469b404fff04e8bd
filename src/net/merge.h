// Merges a batch's TCP segments, and UDP datagrams of one size, into super-packets (GRO), the
// reverse of net/segment.h: each run is then translated, judged and delivered once. No payload is
// copied; the segments stay where
// they were decrypted, and a run is the first one with a header that speaks for all, followed by
// the payloads of the others. Only what can be split back into the same segments is merged, and
// only segments whose checksums were found correct, so that corruption is never hidden behind a new
// checksum.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "net/packet.h"

namespace sallyport::net {

class MergedRun {
 public:
  // More segments than fill 64 KiB at any usual size.
  static constexpr std::size_t kMaxSegments = 64;

  // The packet to translate and deliver. Its `bytes` are the first segment alone; length, header
  // and offload speak of the whole run.
  Packet& packet() { return packet_; }
  // What follows packet().bytes, in order. Borrowed from the segments' buffers.
  std::span<const base::Bytes> payloads() const { return std::span(payloads_).first(count_); }

 private:
  friend class Merger;

  void open(const Packet& segment);
  bool is_flow_of(const Packet& segment) const;
  // `segment` is what the sender's own segmentation would have sent next.
  bool continues_with(const Packet& segment) const;
  bool continues_stream(const Packet& segment) const;
  void append(const Packet& segment);
  // Nothing can follow what is there.
  bool is_complete() const;
  // Makes the first header that of the whole run.
  void close();

  Packet packet_;
  std::array<base::Bytes, kMaxSegments - 1> payloads_;
  std::size_t count_ = 0;
  // Payload of each segment but the last.
  std::uint32_t step_ = 0;
  std::uint32_t next_sequence_ = 0;
  // Of the last segment, when it was short or said PSH or FIN.
  bool ended_ = false;
};

class Merger {
 public:
  // Flows that are merged at the same time.
  static constexpr std::size_t kMaxRuns = 8;

  Merger();

  // Not unless asked for: a link that takes no super-packets of UDP would have to split them again.
  void merge_datagrams(bool wanted) { datagrams_ = wanted; }

  // add() could hold it; another packet has nothing to do here.
  bool takes(const Packet& packet) const {
    return packet.is_tcp() || (datagrams_ && packet.is_udp());
  }

  // True: the segment is held in a run that next() will give, and its buffer has to stay until
  // then. False: it has to go on by itself, but after what next() has ready, or segments of a flow
  // would overtake each other. Either way next() is to be called until it has nothing, before the
  // next add(). Sets checksum_valid in the packet's offload when the checksum was looked at and is
  // correct.
  [[nodiscard]] bool add(Packet& packet);

  // The batch has no more segments: next() then gives all runs, the oldest first.
  void flush();

  // A run that is complete, or nullptr. Valid until the next call of any function.
  MergedRun* next();

 private:
  // Indices of runs_, oldest first.
  class Slots {
   public:
    bool empty() const { return size_ == 0; }
    bool full() const { return size_ == kMaxRuns; }
    std::span<const std::uint8_t> all() const { return std::span(slots_).first(size_); }
    void push(std::uint8_t slot) { slots_[size_++] = slot; }
    std::uint8_t take(std::size_t position);

   private:
    std::array<std::uint8_t, kMaxRuns + 1> slots_{};
    std::size_t size_ = 0;
  };

  void close(std::size_t position);
  void release_given();

  // Room for one run that was given out while all others are open.
  std::array<MergedRun, kMaxRuns + 1> runs_;
  Slots open_;
  Slots ready_;
  Slots free_;
  std::optional<std::uint8_t> given_;
  bool datagrams_ = false;
};

}  // namespace sallyport::net
