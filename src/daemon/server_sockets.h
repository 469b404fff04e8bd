// Everything a server listens on and the TCP connections it accepted, by the socket numbers of
// openvpn::Path.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/server_batch.h"
#include "io/event_loop.h"
#include "io/tcp_socket.h"
#include "io/udp_listener.h"
#include "openvpn/server/place_counts.h"
#include "openvpn/server/server_config.h"
#include "openvpn/wire/tcp_framing.h"

namespace sallyport::daemon {

class ServerSockets {
 public:
  // What the sockets tell their owner.
  struct Events {
    std::function<void()> batch_begins;
    std::function<void(const openvpn::Path&, base::MutableBytes packet, bool stream)> packet;
    // After some packets, before their memory is used again.
    std::function<void()> batch_done;
    // No datagrams wait any more.
    std::function<void()> drained;
    std::function<void(std::uint32_t socket)> disconnected;
  };
  ServerSockets(io::EventLoop& loop, Events events);
  ~ServerSockets();

  // The error is a sentence.
  std::expected<void, std::string> listen(const std::vector<openvpn::ListenAddress>& addresses);

  void send(std::span<const ServerBatch::Train> trains);
  void send(const openvpn::Path& path, base::Bytes packet);
  static bool is_stream(std::uint32_t socket) { return socket >= kFirstStream; }
  // Once what waits for it is written.
  void close(std::uint32_t socket);

  std::uint64_t lost() const { return lost_; }

 private:
  struct Udp;
  struct Tcp;
  struct Stream;
  static constexpr std::uint32_t kFirstStream = 1 << 16;
  // Connections that have not shown a key yet cost memory too, and whoever says nothing for so long
  // after connecting is cut off.
  static constexpr std::size_t kMostStreams = 4096;
  // Once half of those are there, as many from one place.
  static constexpr std::size_t kMostStreamsOfOnePlace = 256;
  static constexpr base::Duration kLongestSilence = std::chrono::seconds(10);
  static constexpr std::size_t kBatchesPerTurn = 4;
  // Connections that are taken before everything else has its turn.
  static constexpr std::size_t kConnectionsPerTurn = 64;
  // Nobody is let in meanwhile when there are no descriptors left.
  static constexpr base::Duration kExhaustion = std::chrono::milliseconds(100);

  std::expected<void, std::string> listen(const openvpn::ListenAddress& address);
  void on_datagrams(Udp& socket);
  void on_connection(Tcp& socket);
  bool has_room_for(const base::IpAddress& peer) const;
  void on_stream(std::uint32_t number);
  void on_writable(std::uint32_t number);
  void send_stream(std::uint32_t number, base::Bytes bytes);
  void drop(std::uint32_t number);
  void drop_silent();

  io::EventLoop& loop_;
  Events events_;
  std::vector<std::unique_ptr<Udp>> udp_;
  std::vector<std::unique_ptr<Tcp>> tcp_;
  std::map<std::uint32_t, std::unique_ptr<Stream>> streams_;
  openvpn::PlaceCounts places_;  // of their peers
  // Gone, but perhaps in the middle of their own callback.
  std::vector<std::unique_ptr<Stream>> retired_;
  io::Timer retire_;
  // Connections that were silent at first, oldest first, and until when they may be.
  std::deque<std::pair<std::uint32_t, base::Instant>> newcomers_;
  io::Timer silence_;
  io::Timer accept_again_;
  std::uint32_t next_stream_ = kFirstStream;
  std::uint64_t lost_ = 0;
};

}  // namespace sallyport::daemon
