#include "io/tap_device.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace sallyport::io {
namespace {

// <linux/virtio_net.h>, whose structure we do not overlay on memory.
constexpr std::uint8_t kFlagNeedsChecksum = 1;
constexpr std::uint8_t kFlagDataValid = 2;
constexpr std::uint8_t kGsoEcn = 0x80;

std::uint16_t host_u16(base::Bytes bytes, std::size_t at) {
  std::uint16_t value;
  std::memcpy(&value, bytes.subspan(at, 2).data(), 2);
  return value;
}

void put_u16(base::MutableBytes bytes, std::size_t at, std::uint16_t value) {
  std::memcpy(bytes.subspan(at, 2).data(), &value, 2);
}

// What most frames are made of. A list is set to nothing before it is used (docs/security.md, "What
// the build adds"), which for the longest one costs more than all else here.
constexpr std::size_t kUsualPieces = 3;

template <std::size_t kMost>
bool write_frame(int fd, std::span<std::uint8_t> header, std::span<const base::Bytes> pieces) {
  std::array<iovec, kMost + 1> vectors;
  vectors[0] = {header.data(), header.size()};
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    vectors[i + 1] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
  }
  for (;;) {
    if (::writev(fd, vectors.data(), static_cast<int>(pieces.size() + 1)) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

}  // namespace

VnetHeader VnetHeader::parse(std::span<const std::uint8_t, kSize> bytes) {
  VnetHeader header;
  header.needs_checksum = (bytes[0] & kFlagNeedsChecksum) != 0;
  header.checksum_valid = (bytes[0] & kFlagDataValid) != 0;
  header.gso = static_cast<Gso>(bytes[1] & ~kGsoEcn);
  header.header_length = host_u16(bytes, 2);
  header.segment_size = host_u16(bytes, 4);
  header.checksum_start = host_u16(bytes, 6);
  header.checksum_offset = host_u16(bytes, 8);
  return header;
}

std::array<std::uint8_t, VnetHeader::kSize> VnetHeader::serialize() const {
  std::array<std::uint8_t, kSize> bytes{};
  bytes[0] = static_cast<std::uint8_t>((needs_checksum ? kFlagNeedsChecksum : 0) |
                                       (checksum_valid ? kFlagDataValid : 0));
  bytes[1] = static_cast<std::uint8_t>(gso);
  put_u16(bytes, 2, header_length);
  put_u16(bytes, 4, segment_size);
  put_u16(bytes, 6, checksum_start);
  put_u16(bytes, 8, checksum_offset);
  return bytes;
}

Result<TapDevice> TapDevice::create(const std::string& name, Kind kind) {
  if (name.empty() || name.size() >= IFNAMSIZ) return error("'" + name + "' is no interface name");
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return system_error("cannot open /dev/net/tun");
  ifreq request{};
  const std::string device = (kind == Kind::kEthernet ? "TAP device " : "TUN device ") + name;
  const int flags = (kind == Kind::kEthernet ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_VNET_HDR;
  request.ifr_flags = static_cast<short>(flags);
  std::ranges::copy(name, request.ifr_name);
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0)
    return system_error("cannot create the " + device);
  const int header_size = VnetHeader::kSize;
  if (::ioctl(fd.get(), TUNSETVNETHDRSZ, &header_size) != 0)
    return system_error("cannot set up the " + device);
  // What we take unfinished from the client's kernel; UDP segmentation since 6.2.
  const unsigned tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
  const bool udp = ::ioctl(fd.get(), TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) == 0;
  if (!udp && ::ioctl(fd.get(), TUNSETOFFLOAD, tcp) != 0) {
    return system_error("cannot set the offloads of the " + device);
  }
  // The name is the kernel's: for one with %d it chose a number.
  return TapDevice(std::move(fd), request.ifr_name, udp);
}

std::expected<TapDevice::Frame, TapDevice::Gone> TapDevice::read(base::MutableBytes space) {
  CHECK(space.size() >= VnetHeader::kSize + kMaxFrame);
  const ssize_t size = ::read(fd_.get(), space.data(), space.size());
  if (size < 0 && errno != EAGAIN && errno != EINTR) return std::unexpected(Gone{});
  if (size <= static_cast<ssize_t>(VnetHeader::kSize)) return Frame{};
  return Frame{VnetHeader::parse(space.first<VnetHeader::kSize>()),
               space.first(static_cast<std::size_t>(size)).subspan(VnetHeader::kSize)};
}

bool TapDevice::write(const VnetHeader& header, std::span<const base::Bytes> pieces) {
  CHECK(pieces.size() <= kMaxPieces);
  auto header_bytes = header.serialize();
  return pieces.size() <= kUsualPieces ? write_frame<kUsualPieces>(fd_.get(), header_bytes, pieces)
                                       : write_frame<kMaxPieces>(fd_.get(), header_bytes, pieces);
}

}  // namespace sallyport::io
