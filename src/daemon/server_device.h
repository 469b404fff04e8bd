// The server's TUN device, its way to the kernel. Clients' segments and datagrams are merged
// before they go there, so that a bulk transfer costs a system call for many of them; what the
// kernel sends comes unsplit.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "io/tap_device.h"
#include "net/merge.h"
#include "openvpn/server/server_config.h"

namespace sallyport::daemon {

class ServerDevice {
 public:
  // Makes the device and gives it the server's addresses and routes. The error is a sentence.
  static std::expected<std::unique_ptr<ServerDevice>, std::string> make(
      const openvpn::ServerConfig& config);

  int fd() const { return device_.fd(); }

  const std::string& name() const { return device_.name(); }

  // What the kernel sends, until it has nothing more. Good until the next call. Gone: the device
  // was deleted.
  struct Frame {
    base::MutableBytes bytes;  // empty: there is none
    // Empty when the frame is no packet that could go to anybody.
    std::optional<net::Packet> packet;
  };
  std::expected<Frame, io::TapDevice::Gone> read();

  // A packet for the kernel. Its memory is needed until batch_done().
  void write(net::Packet& packet);
  // The same for what net cannot read; the kernel judges it.
  void write(base::Bytes packet);
  void batch_done();

  // Packets that the kernel did not take.
  std::uint64_t lost() const { return lost_; }

 private:
  explicit ServerDevice(io::TapDevice device);
  void write_runs();
  void write_pieces(const net::Offload& offload, base::Bytes first,
                    std::span<const base::Bytes> rest);

  io::TapDevice device_;
  base::Buffer space_{io::VnetHeader::kSize + io::TapDevice::kMaxFrame};
  net::Merger merger_;
  std::vector<base::Bytes> pieces_;  // of what is written now
  std::uint64_t lost_ = 0;
};

}  // namespace sallyport::daemon
