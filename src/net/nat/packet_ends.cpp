#include "net/nat/packet_ends.h"

#include "net/rewrite.h"

namespace sallyport::net {
namespace {

void set_source_end(Packet& packet, const Endpoint& end) {
  if (packet.is_icmp()) return set_source(packet, end.address);
  set_source(packet, end.address, end.port);
}

void set_destination_end(Packet& packet, const Endpoint& end) {
  if (packet.is_icmp()) return set_destination(packet, end.address);
  set_destination(packet, end.address, end.port);
}

// The ports are zero in an ICMP packet, and so is the remote's end.
Endpoint source_end(const Packet& packet) {
  return {packet.source, packet.source_port};
}
Endpoint destination_end(const Packet& packet) {
  return {packet.destination, packet.destination_port};
}

}  // namespace

Endpoint client_end(const Packet& packet, Direction direction) {
  Endpoint end = direction == Direction::kOutbound ? source_end(packet) : destination_end(packet);
  if (packet.is_icmp()) end.port = packet.icmp.id;
  return end;
}

Endpoint remote_end(const Packet& packet, Direction direction) {
  return direction == Direction::kOutbound ? destination_end(packet) : source_end(packet);
}

void set_client_end(Packet& packet, Direction direction, const Endpoint& end) {
  if (direction == Direction::kOutbound) {
    set_source_end(packet, end);
  } else {
    set_destination_end(packet, end);
  }
  if (packet.is_icmp()) set_echo_id(packet, end.port);
}

void set_remote_end(Packet& packet, Direction direction, const Endpoint& end) {
  if (direction == Direction::kOutbound) {
    set_destination_end(packet, end);
  } else {
    set_source_end(packet, end);
  }
}

}  // namespace sallyport::net
