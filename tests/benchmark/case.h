// What is sent through the packet path, and through how large a gateway.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace sallyport::benchmark {

struct Case {
  enum class Kind { kTcpBulk, kTcpAck, kUdp };

  std::string name;
  bool up = true;  // from a client; else out of the tunnel
  Kind kind = Kind::kTcpBulk;
  std::size_t payload = 0;   // of each IP packet
  std::size_t per_turn = 1;  // packets in one batch
  bool chacha = false;       // CHACHA20-POLY1305; else AES-256-GCM
  std::size_t segment = 0;   // up: of a super-packet
  std::size_t clients = 1;   // each takes part
  std::size_t flows = 1;     // open, in all; each in its turn
  std::size_t rules = 0;     // of each client; none: there are no rules
  bool merged = false;       // datagrams, as all clients' links take super-packets of UDP
};

std::span<const Case> all_cases();

// What has come out at the other end.
struct Amount {
  std::size_t packets = 0;  // in the tunnel
  std::size_t bytes = 0;    // IP packets, headers included
  Amount& operator+=(const Amount& other) {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
};

}  // namespace sallyport::benchmark
