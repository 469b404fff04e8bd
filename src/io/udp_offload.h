// What our UDP sockets have in common: trains of datagrams that the kernel cuts apart on the way
// out (UDP_SEGMENT) and has merged on the way in (UDP_GRO), and room for what waits.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>

namespace sallyport::io {

// The kernel's ancillary data, kept aligned for cmsghdr.
union ControlBuffer {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

// Best effort all: without UDP_GRO (kernels before 5.0) datagrams come one by one, and the kernel
// caps what it does not like.
void receive_trains(int fd);
// What arrives while we work waits in `bytes` of its memory.
void set_receive_buffer(int fd, int bytes);
// What may wait to be sent, in the kernel's memory.
void set_send_buffer(int fd, std::size_t bytes);
// Both, for the one socket of many peers, with the privileges of whoever starts a server.
void make_room_for_many(int fd);

// Has the kernel cut `message` into datagrams of `size` bytes; `control` lives until it is sent.
void set_segment_size(msghdr& message, ControlBuffer& control, std::size_t size);
// Of a message that was received, `whole` bytes long.
std::size_t segment_size_of(msghdr& message, std::size_t whole);

}  // namespace sallyport::io
