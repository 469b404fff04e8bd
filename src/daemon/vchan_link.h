// `--downstream vchan:DOMID,ip=ADDR[,ip6=ADDR]`: a client without a network device, whose packets
// come over a vchan. It is a client all the time; the vchan comes and goes with the other end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/inside_link.h"
#include "gateway/router.h"
#include "io/event_loop.h"
#include "netback/restart_limit.h"
#include "netback/spurious_events.h"
#include "xen/packet_stream.h"
#include "xen/vchan.h"

namespace sallyport::daemon {

class VchanLink : public InsideLink, public InsideSource {
 public:
  struct Events {
    std::function<void(VchanLink&)> readable;
    std::function<void(const std::string&)> log;
  };

  VchanLink(io::EventLoop& loop, netback::DomainId peer, Events events);

  void set_client(net::ClientId client, const net::MacAddress& mac);

  Turn read(gateway::Router& router, base::Now now, std::size_t budget) override;
  void deliver(const gateway::InsideBatch& batch,
               std::span<const gateway::InsideBatch::Frame> frames) override;

 private:
  void open();
  // Waits for the other end to come again, as often as that is good for us.
  void lose(base::Duration pause);
  void on_event();
  void log(const std::string& what) const;
  // The next packet, from what was read or is there to be read.
  std::optional<xen::PacketStreamReader::Packet> next_packet();

  io::EventLoop& loop_;
  netback::DomainId peer_;
  Events events_;
  net::ClientId client_;
  net::MacAddress mac_;
  std::optional<xen::Vchan> vchan_;
  std::unique_ptr<io::FdWatch> watch_;
  std::unique_ptr<xen::PacketStreamReader> reader_;
  // A frame is made here: an Ethernet header before the packet.
  std::vector<std::uint8_t> frame_;
  std::vector<std::uint8_t> unsent_;
  // The other end is gone, and not waited for yet.
  bool lost_ = false;
  bool was_connected_ = false;
  // It starts over so often that this is not worth a line each time.
  bool quiet_ = false;
  std::uint64_t taken_ = 0;  // pieces of the stream, ever
  std::uint64_t turns_ = 0;  // of read(), ever
  std::string last_problem_;
  netback::RestartLimit restarts_;
  netback::SpuriousEvents spurious_;
  io::Timer retry_;
  io::Timer wake_;
};

}  // namespace sallyport::daemon
