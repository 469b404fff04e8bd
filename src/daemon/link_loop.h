// Between a TUN device and the gateway's vchan: packets as they are, both ways. It connects again
// whenever the other end goes away; meanwhile what applications send is dropped.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "io/event_loop.h"
#include "io/tap_device.h"
#include "xen/packet_stream.h"
#include "xen/vchan.h"

namespace sallyport::daemon {

class LinkLoop {
 public:
  LinkLoop(io::TapDevice device, netback::DomainId gateway, netback::DomainId own);

  // Until SIGTERM or SIGINT, or the device is gone: the error says so.
  std::expected<void, std::string> run();

 private:
  void connect();
  void on_vchan();
  void take();
  // What the gateway sent, to the device, one turn's worth; false when the stream is broken.
  bool take_from_gateway();
  void on_device();
  void lose(const std::string& why);

  io::EventLoop loop_;
  io::TapDevice device_;
  netback::DomainId gateway_;
  std::string path_;
  std::optional<xen::Vchan> vchan_;
  std::unique_ptr<io::FdWatch> vchan_watch_;
  std::unique_ptr<xen::PacketStreamReader> reader_;
  base::Buffer space_;
  std::vector<std::uint8_t> record_;
  std::string last_problem_;
  io::FdWatch device_watch_;
  io::Timer retry_;
  io::Timer again_;
  std::string ended_by_;
  io::SignalWatch terminate_;
  io::SignalWatch interrupt_;
};

}  // namespace sallyport::daemon
