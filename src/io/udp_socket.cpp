#include "io/udp_socket.h"

#include <netinet/in.h>

#include <array>
#include <cerrno>

#include "io/udp_offload.h"

namespace sallyport::io {
namespace {

constexpr std::size_t kSendBatch = 16;
// What every kernel grants who has no privileges: twice the least net.core.rmem_max. To ask for
// more would measure another program than the one that runs in its cage.
constexpr int kReceiveBuffer = 2 * 212'992;

int family_of(int fd) {
  int family = 0;
  socklen_t size = sizeof family;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

// With IP_PMTUDISC_DO nobody on the way may cut a datagram, and the kernel refuses those that it
// knows to be too large. With IP_PMTUDISC_WANT it cuts them, but lets anybody cut what leaves in
// trains.
void set_discovery(int fd, int how) {
  // Only one of them is this socket's.
  ::setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof how);
  ::setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &how, sizeof how);
}

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK;
}

}  // namespace

Result<UdpSocket> UdpSocket::connect(const Endpoint& endpoint, const UplinkSocketOptions& options) {
  auto fd = connect_uplink_socket(SOCK_DGRAM, endpoint, options);
  if (!fd) return std::unexpected(fd.error());
  return UdpSocket(std::move(*fd));
}

struct UdpSocket::Slots {
  std::array<mmsghdr, kBatch> messages;
  std::array<iovec, kBatch> pieces;
  std::array<ControlBuffer, kBatch> controls;
};

void UdpSocket::FreeSlots::operator()(Slots* slots) const {
  delete slots;
}

UdpSocket::UdpSocket(UniqueFd fd) : fd_(std::move(fd)), slots_(new Slots{}) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    slots_->pieces[i] = {buffers_.bytes().subspan(i * kBufferSize, kBufferSize).data(),
                         kBufferSize};
    msghdr& header = slots_->messages[i].msg_hdr;
    header.msg_iov = &slots_->pieces[i];
    header.msg_iovlen = 1;
    header.msg_control = &slots_->controls[i];
  }
  received_.reserve(kBatch);
  set_discovery(fd_.get(), IP_PMTUDISC_DO);
  receive_trains(fd_.get());
  set_receive_buffer(fd_.get(), kReceiveBuffer);
  limit_sending(SendLimit::kFirst);
}

void UdpSocket::limit_sending(std::size_t bytes) {
  set_send_buffer(fd_.get(), bytes);
}

std::size_t UdpSocket::send(std::span<const Train> trains) {
  std::array<mmsghdr, kSendBatch> messages;
  std::array<iovec, kSendBatch> pieces;
  std::array<ControlBuffer, kSendBatch> controls;
  std::size_t sent = 0;
  while (sent < trains.size()) {
    const auto now = trains.subspan(sent, std::min(trains.size() - sent, kSendBatch));
    for (std::size_t i = 0; i < now.size(); ++i) {
      pieces[i] = {const_cast<std::uint8_t*>(now[i].bytes.data()), now[i].bytes.size()};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      if (now[i].bytes.size() > now[i].segment_size) {
        set_segment_size(messages[i].msg_hdr, controls[i], now[i].segment_size);
      }
    }
    const int count = ::sendmmsg(fd_.get(), messages.data(), static_cast<unsigned>(now.size()), 0);
    if (count > 0) {
      sent += static_cast<std::size_t>(count);
      continue;
    }
    if (would_block(errno)) return sent;
    // The first train failed. ECONNREFUSED only reports an earlier ICMP message, which anybody can
    // forge: the next attempt goes out. Other errors mean that the train can't go as one (longer
    // than the path's MTU, no offload).
    if (errno == ECONNREFUSED || errno == EINTR) continue;
    too_large_ = true;
    if (!send_one_by_one(now[0])) return sent;
    ++sent;
  }
  return sent;
}

// False when the socket buffer is full before the first datagram of the train; later ones are then
// lost.
bool UdpSocket::send_one_by_one(const Train& train) {
  for (base::Bytes rest = train.bytes; !rest.empty();) {
    const base::Bytes datagram = rest.first(std::min(rest.size(), train.segment_size));
    if (::send(fd_.get(), datagram.data(), datagram.size(), 0) < 0) {
      if (would_block(errno) && rest.size() == train.bytes.size()) return false;
      if (errno == EMSGSIZE) send_in_fragments(datagram);
    }
    rest = rest.subspan(datagram.size());
  }
  return true;
}

// What cannot be smaller (a handshake, an IPv6 packet of the least MTU) gets there so, or not at
// all.
void UdpSocket::send_in_fragments(base::Bytes datagram) {
  set_discovery(fd_.get(), IP_PMTUDISC_WANT);
  ::send(fd_.get(), datagram.data(), datagram.size(), 0);
  set_discovery(fd_.get(), IP_PMTUDISC_DO);
}

std::span<const ReceivedTrain> UdpSocket::receive() {
  for (mmsghdr& message : slots_->messages) message.msg_hdr.msg_controllen = sizeof(ControlBuffer);
  received_.clear();
  const int count = ::recvmmsg(fd_.get(), slots_->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  // An ICMP message about what was sent ends up here when it comes while nothing is sent.
  if (count < 0 && errno == EMSGSIZE) too_large_ = true;
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
    const std::size_t size = slots_->messages[i].msg_len;
    if (size == 0) continue;
    received_.push_back({buffers_.bytes().subspan(i * kBufferSize, size),
                         segment_size_of(slots_->messages[i].msg_hdr, size)});
  }
  return received_;
}

Result<std::size_t> UdpSocket::path_mtu() const {
  const bool v4 = family_of(fd_.get()) == AF_INET;
  int mtu = 0;
  socklen_t size = sizeof mtu;
  if (::getsockopt(fd_.get(), v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU, &mtu,
                   &size) != 0) {
    return system_error("cannot tell the path's MTU");
  }
  return static_cast<std::size_t>(std::max(mtu, 0));
}

}  // namespace sallyport::io
