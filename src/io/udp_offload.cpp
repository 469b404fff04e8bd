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

// Bursts of many clients at once.
constexpr int kBufferForMany = 4 * 1024 * 1024;

void set(int fd, int option, int value) {
  ::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
}

}  // namespace

void receive_trains(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
}

// The kernel doubles what it is asked for, in both.
void set_receive_buffer(int fd, int bytes) {
  set(fd, SO_RCVBUF, bytes / 2);
}

void set_send_buffer(int fd, std::size_t bytes) {
  set(fd, SO_SNDBUF, static_cast<int>(bytes / 2));
}

void make_room_for_many(int fd) {
  set(fd, SO_SNDBUF, kBufferForMany);
  set(fd, SO_RCVBUF, kBufferForMany);
  set(fd, SO_SNDBUFFORCE, kBufferForMany);
  set(fd, SO_RCVBUFFORCE, kBufferForMany);
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
