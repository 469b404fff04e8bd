#include "io/tap_device.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/hex.h"
#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

constexpr const char* kName = "sallyport-test";

bool can_make_devices() {
  if (enter_own_network() && ::access("/dev/net/tun", R_OK | W_OK) == 0) return true;
  MESSAGE("not root or no /dev/net/tun: the device itself is not tested");
  return false;
}

void bring_up(const char* name) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::ranges::copy(std::string_view(name), request.ifr_name);
  request.ifr_flags = IFF_UP;
  REQUIRE(::ioctl(fd.get(), SIOCSIFFLAGS, &request) == 0);
}

TEST_SUITE("io/tap_device") {
  TEST_CASE("a virtio header is read and written alike") {
    VnetHeader header;
    header.needs_checksum = true;
    header.checksum_valid = true;
    header.gso = VnetHeader::Gso::kTcp6;
    header.header_length = 0x0102;
    header.segment_size = 0x0304;
    header.checksum_start = 0x0506;
    header.checksum_offset = 0x0708;
    const auto bytes = header.serialize();
    const VnetHeader back = VnetHeader::parse(bytes);
    EXPECT(back.needs_checksum);
    EXPECT(back.checksum_valid);
    EXPECT(back.gso == VnetHeader::Gso::kTcp6);
    EXPECT(back.header_length == 0x0102);
    EXPECT(back.segment_size == 0x0304);
    EXPECT(back.checksum_start == 0x0506);
    EXPECT(back.checksum_offset == 0x0708);
  }

  TEST_CASE("congestion marks do not change the kind of a super-packet") {
    std::array<std::uint8_t, VnetHeader::kSize> bytes{};
    bytes[1] = 0x81;
    EXPECT(VnetHeader::parse(bytes).gso == VnetHeader::Gso::kTcp4);
    EXPECT_FALSE(VnetHeader::parse(bytes).needs_checksum);
  }

  TEST_CASE("names that no interface can have are refused") {
    EXPECT_FALSE(TapDevice::create("", TapDevice::Kind::kEthernet).has_value());
    EXPECT_FALSE(TapDevice::create("a-name-of-16-let", TapDevice::Kind::kEthernet).has_value());
  }

  TEST_CASE("what the kernel sends comes out of the device, and nothing when nothing waits") {
    if (!can_make_devices()) return;
    auto device = TapDevice::create(kName, TapDevice::Kind::kEthernet);
    REQUIRE(device.has_value());
    EXPECT(device->name() == kName);
    std::vector<std::uint8_t> space(VnetHeader::kSize + TapDevice::kMaxFrame);
    EXPECT(device->read(space).value().bytes.empty());
    bring_up(kName);
    // An interface that comes up announces its IPv6 address.
    EventLoop loop;
    TapDevice::Frame frame;
    REQUIRE(run_until(loop, [&] { return !(frame = device->read(space).value()).bytes.empty(); }));
    EXPECT(frame.bytes.size() > 14);
    EXPECT(base::hex_encode(frame.bytes.subspan(12, 2)) == "86dd");
  }

  TEST_CASE("a frame written in pieces reaches the kernel as one") {
    if (!can_make_devices()) return;
    auto device = TapDevice::create(kName, TapDevice::Kind::kEthernet);
    REQUIRE(device.has_value());
    const std::vector<std::uint8_t> header(14, 0xff), one(20, 1), two(30, 2);
    const std::array<base::Bytes, 3> pieces{header, one, two};
    EXPECT_FALSE(device->write({}, pieces));  // it is down
    bring_up(kName);
    const UniqueFd sniffer(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0x0300));
    REQUIRE(sniffer.valid());
    EXPECT(device->write({}, pieces));
    EventLoop loop;
    std::vector<std::uint8_t> received(2000);
    // Among what the kernel itself has to say.
    EXPECT(run_until(loop, [&] {
      const ssize_t size = ::read(sniffer.get(), received.data(), received.size());
      return size == 64 && received[0] == 0xff && received[14] == 1 && received[63] == 2;
    }));
  }

  TEST_CASE("a device that was deleted is told from one where nothing waits") {
    if (!can_make_devices()) return;
    auto device = TapDevice::create(kName, TapDevice::Kind::kEthernet);
    REQUIRE(device.has_value());
    std::vector<std::uint8_t> space(VnetHeader::kSize + TapDevice::kMaxFrame);
    REQUIRE(device->read(space).has_value());
    REQUIRE(std::system(("ip link del " + std::string(kName)).c_str()) == 0);
    EXPECT_FALSE(device->read(space).has_value());
    EXPECT_FALSE(device->read(space).has_value());
  }

  TEST_CASE("a name is given once") {
    if (!can_make_devices()) return;
    const auto device = TapDevice::create(kName, TapDevice::Kind::kEthernet);
    REQUIRE(device.has_value());
    const auto second = TapDevice::create(kName, TapDevice::Kind::kEthernet);
    REQUIRE_FALSE(second.has_value());
    EXPECT(second.error().text.contains(kName));
  }
}

}  // namespace
}  // namespace sallyport::io
