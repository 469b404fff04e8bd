#include "io/udp_listener.h"

#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "io/udp_offload.h"

namespace sallyport::io {
namespace {

constexpr std::size_t kSendBatch = 64;
constexpr int kBacklog = 256;

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

Result<UniqueFd> bound_socket(int type, const ListenOptions& options) {
  const bool v4 = options.local.address.is_v4();
  UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("cannot make a socket");
  set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (!v4) set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.both_families ? 0 : 1);
  const std::string& device = options.device;
  if (!device.empty() && ::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device.c_str(),
                                      static_cast<socklen_t>(device.size())) != 0)
    return system_error("cannot bind a socket to " + device);
  if (options.mark != 0 &&
      ::setsockopt(fd.get(), SOL_SOCKET, SO_MARK, &options.mark, sizeof options.mark) != 0)
    return system_error("cannot mark a socket's packets");
  const SocketAddress local = to_socket_address(options.local);
  if (::bind(fd.get(), local.get(), local.length) != 0)
    return system_error("cannot listen on " + options.local.to_string());
  return fd;
}

Endpoint endpoint_of(const sockaddr_storage& storage) {
  const auto* const generic = reinterpret_cast<const sockaddr*>(&storage);
  std::uint16_t port = 0;
  std::memcpy(&port, generic->sa_data, sizeof port);  // where both families have it
  return {ip_address(generic), ntohs(port)};
}

// For a socket of IPv6, IPv4 is written in its mapped form.
SocketAddress address_for(const Endpoint& endpoint, bool ipv6) {
  if (!ipv6 || !endpoint.address.is_v4()) return to_socket_address(endpoint);
  SocketAddress result;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, endpoint.address.bytes().data(), sizeof v6.sin6_addr);
  std::memcpy(&result.storage, &v6, sizeof v6);
  result.length = sizeof v6;
  return result;
}

}  // namespace

struct UdpListener::Slots {
  std::array<mmsghdr, kBatch> messages;
  std::array<iovec, kBatch> pieces;
  std::array<ControlBuffer, kBatch> controls;
  std::array<sockaddr_storage, kBatch> peers;
};

void UdpListener::FreeSlots::operator()(Slots* slots) const {
  delete slots;
}

Result<UdpListener> UdpListener::listen(const ListenOptions& options) {
  auto fd = bound_socket(SOCK_DGRAM, options);
  if (!fd) return std::unexpected(fd.error());
  return UdpListener(std::move(*fd), !options.local.address.is_v4());
}

UdpListener::UdpListener(UniqueFd fd, bool ipv6)
    : fd_(std::move(fd)), ipv6_(ipv6), slots_(new Slots{}) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    slots_->pieces[i] = {buffers_.bytes().subspan(i * kBufferSize, kBufferSize).data(),
                         kBufferSize};
    msghdr& header = slots_->messages[i].msg_hdr;
    header.msg_iov = &slots_->pieces[i];
    header.msg_iovlen = 1;
    header.msg_control = &slots_->controls[i];
    header.msg_name = &slots_->peers[i];
  }
  received_.reserve(kBatch);
  receive_trains(fd_.get());
  make_room_for_many(fd_.get());
}

std::span<const ReceivedFrom> UdpListener::receive() {
  for (mmsghdr& message : slots_->messages) {
    message.msg_hdr.msg_controllen = sizeof(ControlBuffer);
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
  received_.clear();
  const int count = ::recvmmsg(fd_.get(), slots_->messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
    const std::size_t size = slots_->messages[i].msg_len;
    if (size == 0) continue;
    received_.push_back({endpoint_of(slots_->peers[i]),
                         buffers_.bytes().subspan(i * kBufferSize, size),
                         segment_size_of(slots_->messages[i].msg_hdr, size)});
  }
  return received_;
}

std::size_t UdpListener::send(std::span<const TrainTo> trains) {
  std::array<mmsghdr, kSendBatch> messages;
  std::array<iovec, kSendBatch> pieces;
  std::array<ControlBuffer, kSendBatch> controls;
  std::array<SocketAddress, kSendBatch> peers;
  std::size_t done = 0;
  std::size_t sent = 0;
  while (done < trains.size()) {
    const auto now = trains.subspan(done, std::min(trains.size() - done, kSendBatch));
    for (std::size_t i = 0; i < now.size(); ++i) {
      pieces[i] = {const_cast<std::uint8_t*>(now[i].bytes.data()), now[i].bytes.size()};
      peers[i] = address_for(now[i].peer, ipv6_);
      messages[i] = {};
      messages[i].msg_hdr.msg_name = &peers[i].storage;
      messages[i].msg_hdr.msg_namelen = peers[i].length;
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      if (now[i].bytes.size() > now[i].segment_size)
        set_segment_size(messages[i].msg_hdr, controls[i], now[i].segment_size);
    }
    const int count = ::sendmmsg(fd_.get(), messages.data(), static_cast<unsigned>(now.size()), 0);
    if (count > 0) {
      done += static_cast<std::size_t>(count);
      sent += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return sent;
    } else if (errno != EINTR) {
      // The first train can't go: no route, too long for the path. The others may.
      ++done;
    }
  }
  return sent;
}

Result<TcpListener> TcpListener::listen(const ListenOptions& options) {
  auto fd = bound_socket(SOCK_STREAM, options);
  if (!fd) return std::unexpected(fd.error());
  if (::listen(fd->get(), kBacklog) != 0)
    return system_error("cannot listen on " + options.local.to_string());
  return TcpListener(std::move(*fd));
}

TcpListener::Accepted TcpListener::accept() {
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  UniqueFd fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &length,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) {
    const bool exhausted =
        errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    return {{}, {}, exhausted};
  }
  return {std::move(fd), endpoint_of(peer)};
}

}  // namespace sallyport::io
