// A UDP socket that listens: datagrams from anybody, each with where it came from, and trains of
// datagrams to many (io/udp_socket.h has the one that talks to one end only).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "io/endpoint.h"
#include "io/error.h"
#include "io/udp_socket.h"
#include "io/unique_fd.h"

namespace sallyport::io {

struct ListenOptions {
  Endpoint local;              // the address may be the unspecified one of either family
  bool both_families = false;  // of an unspecified IPv6 address: IPv4 as well
  std::string device{};        // SO_BINDTODEVICE; empty: any
  std::uint32_t mark = 0;      // SO_MARK; 0: none
};

struct ReceivedFrom {
  Endpoint peer;
  base::MutableBytes bytes;      // datagrams end to end
  std::size_t segment_size = 0;  // of all but the last
};
struct TrainTo {
  Endpoint peer;
  base::Bytes bytes;
  std::size_t segment_size = 0;
};

class UdpListener {
 public:
  static constexpr std::size_t kBatch = 64;

  static Result<UdpListener> listen(const ListenOptions& options);

  int fd() const { return fd_.get(); }
  // What has arrived, up to one batch; empty when nothing has. The memory is the listener's own and
  // good until the next call.
  std::span<const ReceivedFrom> receive();
  // What the socket does not take now is lost, as datagrams may be. How many trains were.
  std::size_t send(std::span<const TrainTo> trains);

 private:
  static constexpr std::size_t kBufferSize = 65536;

  UdpListener(UniqueFd fd, bool ipv6);

  struct Slots;
  struct FreeSlots {
    void operator()(Slots* slots) const;
  };

  UniqueFd fd_;
  bool ipv6_;
  base::Buffer buffers_{kBatch * kBufferSize};
  std::unique_ptr<Slots, FreeSlots> slots_;
  std::vector<ReceivedFrom> received_;
};

// A TCP socket that listens.
class TcpListener {
 public:
  static Result<TcpListener> listen(const ListenOptions& options);
  int fd() const { return fd_.get(); }
  struct Accepted {
    UniqueFd fd;
    Endpoint peer;
    bool exhausted = false;
  };
  // Invalid fd: nobody waits, or, when exhausted, there is no descriptor or memory for who does;
  // the socket then stays readable.
  Accepted accept();

 private:
  explicit TcpListener(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace sallyport::io
