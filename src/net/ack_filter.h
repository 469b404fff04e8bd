// Of several bare acknowledgements of one flow in one batch, the last says all: TCP's are
// cumulative (RFC 9293 3.4). A sealed tunnel hides them from every network card that would merge
// them, so they arrive one by one, and each costs the client a frame. Only what is plainly
// superseded is taken out: duplicates, selective acknowledgements (RFC 2018), echoes of congestion
// and everything with data go on untouched and in their places.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "net/packet.h"

namespace sallyport::net {

class AckFilter {
 public:
  // Flows whose acknowledgements are held at the same time.
  static constexpr std::size_t kMaxFlows = 8;

  struct Outcome {
    bool held = false;  // the packet stays here, and its buffer with it, until next() gives it
    bool superseded = false;  // one that was held is not needed any more, and is forgotten
    // To be delivered first: the acknowledgement of the same flow that came before this packet, or
    // one that had to make room.
    std::optional<Packet> before;
  };
  Outcome add(const Packet& packet);

  // The batch has ended: what is held, the oldest first, until there is none.
  std::optional<Packet> next();

 private:
  std::optional<Packet> take(std::size_t position);

  std::array<Packet, kMaxFlows> held_;
  std::size_t count_ = 0;
};

}  // namespace sallyport::net
