// A connected UDP socket that moves trains of datagrams: several equal ones in one system call's
// message, cut by the kernel or the network card (UDP_SEGMENT) and merged the same way on receipt
// (UDP_GRO).
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/buffer.h"
#include "io/send_limit.h"
#include "io/uplink_socket.h"

namespace sallyport::io {

// Datagrams end to end: all of `segment_size` bytes but the last, which may be shorter.
struct Train {
  base::Bytes bytes;
  std::size_t segment_size = 0;
};
struct ReceivedTrain {
  base::MutableBytes bytes;
  std::size_t segment_size = 0;
};

class UdpSocket {
 public:
  static Result<UdpSocket> connect(const Endpoint& endpoint, const UplinkSocketOptions& options);

  int fd() const { return fd_.get(); }

  // Sends what the socket buffer takes now and returns how many trains that was; fewer than given
  // means: wait until writable. Datagrams the network refuses are lost, as datagrams may be.
  std::size_t send(std::span<const Train> trains);

  // How much may wait in the socket (SO_SNDBUF); it is writable below half of that.
  void limit_sending(std::size_t bytes);

  // What has arrived, up to one batch; empty when nothing has. The memory is the socket's own and
  // good until the next call; packets are decrypted in it.
  std::span<const ReceivedTrain> receive();
  // Whether the last batch was full, and more may wait.
  bool may_have_more() const { return received_.size() == kBatch; }

  // The largest IP packet that reaches the peer, as the kernel has it from its interface and from
  // ICMP about this socket's own packets. What it learns that way it forgets after ten minutes
  // (ip(7), IP_MTU). Larger datagrams are sent in fragments.
  Result<std::size_t> path_mtu() const;
  // Whether the kernel found a datagram too large since this was asked last: path_mtu() may be
  // another one.
  bool take_too_large() { return std::exchange(too_large_, false); }

 private:
  static constexpr std::size_t kBatch = 32;
  static constexpr std::size_t kBufferSize = 65536;

  explicit UdpSocket(UniqueFd fd);
  bool send_one_by_one(const Train& train);
  void send_in_fragments(base::Bytes datagram);

  // What recvmmsg() takes, set up once.
  struct Slots;
  struct FreeSlots {
    void operator()(Slots* slots) const;
  };

  UniqueFd fd_;
  bool too_large_ = false;
  base::Buffer buffers_{kBatch * kBufferSize};
  std::unique_ptr<Slots, FreeSlots> slots_;
  std::vector<ReceivedTrain> received_;
};

}  // namespace sallyport::io
