#include "io/udp_offload.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <cstdint>
#include <cstring>

namespace sallyport::io {
namespace {

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

// Room for bursts: a super-packet each from several AppVMs, and what arrives while we work.
constexpr int kSocketBuffer = 4 * 1024 * 1024;

void grow_buffer(int fd, int force, int plain) {
  if (::setsockopt(fd, SOL_SOCKET, force, &kSocketBuffer, sizeof kSocketBuffer) != 0)
    ::setsockopt(fd, SOL_SOCKET, plain, &kSocketBuffer, sizeof kSocketBuffer);
}

}  // namespace

void prepare_for_trains(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
  grow_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  grow_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
}

void set_segment_size(msghdr& message, ControlBuffer& control, std::size_t size) {
  message.msg_control = &control;
  message.msg_controllen = CMSG_SPACE(sizeof(std::uint16_t));
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_UDP;
  header->cmsg_type = UDP_SEGMENT;
  header->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
  const auto value = static_cast<std::uint16_t>(size);
  std::memcpy(CMSG_DATA(header), &value, sizeof value);
}

std::size_t segment_size_of(msghdr& message, std::size_t whole) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_UDP || header->cmsg_type != UDP_GRO) continue;
    int value = 0;
    std::memcpy(&value, CMSG_DATA(header), sizeof value);
    if (value > 0) return static_cast<std::size_t>(value);
  }
  return whole;
}

}  // namespace sallyport::io
