// A TAP device, an Ethernet link whose other end is a kernel interface, or its kin without
// Ethernet. With a virtio header before each frame, so that super-packets and unfinished checksums
// cross it as they are.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "base/bytes.h"
#include "io/error.h"
#include "io/unique_fd.h"

namespace sallyport::io {

// The virtio_net_hdr of a frame, in host order and checked for nothing: the guest's kernel wrote
// it.
struct VnetHeader {
  enum class Gso : std::uint8_t { kNone = 0, kTcp4 = 1, kUdpOld = 3, kTcp6 = 4, kUdp = 5 };
  static constexpr std::size_t kSize = 10;

  bool needs_checksum = false;
  bool checksum_valid = false;
  Gso gso = Gso::kNone;
  std::uint16_t header_length = 0;
  std::uint16_t segment_size = 0;
  std::uint16_t checksum_start = 0;   // from the start of the frame
  std::uint16_t checksum_offset = 0;  // from checksum_start

  static VnetHeader parse(std::span<const std::uint8_t, kSize> bytes);
  std::array<std::uint8_t, kSize> serialize() const;
};

class TapDevice {
 public:
  static constexpr std::size_t kMaxFrame = 65535 + 64;

  // Frames, or bare IP packets (a TUN device).
  enum class Kind { kEthernet, kIp };

  // Makes the device `name` in the current network namespace; whoever sets up the client moves it
  // away.
  static Result<TapDevice> create(const std::string& name, Kind kind);

  int fd() const { return fd_.get(); }
  const std::string& name() const { return name_; }

  struct Frame {
    VnetHeader header;
    base::MutableBytes bytes;  // from the destination MAC on, inside `space`
  };
  // This kernel splits super-packets of UDP that are written here (since Linux 6.2).
  bool takes_udp_segmentation() const { return udp_segmentation_; }

  // One frame, read into `space` (at least VnetHeader::kSize + kMaxFrame bytes); empty bytes when
  // none waits. Gone for good when the interface was deleted, or its namespace: the descriptor then
  // says that it is readable, for ever.
  struct Gone {};
  std::expected<Frame, Gone> read(base::MutableBytes space);

  // Writes one frame made of `pieces`, of which there are at most kMaxPieces. False when the queue
  // of the device is full or it is down: the frame is lost.
  static constexpr std::size_t kMaxPieces = 80;
  bool write(const VnetHeader& header, std::span<const base::Bytes> pieces);

 private:
  TapDevice(UniqueFd fd, std::string name, bool udp_segmentation)
      : fd_(std::move(fd)), name_(std::move(name)), udp_segmentation_(udp_segmentation) {}

  UniqueFd fd_;
  std::string name_;
  bool udp_segmentation_;
};

}  // namespace sallyport::io
