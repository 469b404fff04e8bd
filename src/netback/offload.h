// What a frame's neighbour left to be done: netif's flags and GSO extra-info as one value. It says
// what net::Offload says, less what netif cannot: there is no UDP segmentation, and a blank
// checksum comes without its position, which the headers then tell.
#pragma once

#include <cstdint>

namespace sallyport::netback {

enum class Gso : std::uint8_t { kNone, kTcp4, kTcp6 };

struct Offload {
  Gso gso = Gso::kNone;
  // TCP payload bytes of every segment but the last; not 0 with gso, 0 without.
  std::uint16_t segment_size = 0;
  // The TCP or UDP checksum field holds the folded, not inverted sum of the pseudo-header; the rest
  // is still to be summed. From a guest: as it says, also with gso, where a correct one always says
  // so. To a guest: always with gso.
  bool blank_checksum = false;
  // From a guest: it says that the transport checksum is right, or need not be looked at; its word
  // only. To a guest: we know that it is right.
  bool data_validated = false;

  friend bool operator==(const Offload&, const Offload&) = default;
};

}  // namespace sallyport::netback
