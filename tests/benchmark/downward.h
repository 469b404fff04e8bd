// From sealed datagrams to clients' frames.
#pragma once

#include <cstdint>

#include "packet_path_world.h"

namespace sallyport::benchmark {

class Downward {
 public:
  explicit Downward(const Case& which) : case_(which), world_(which) {}

  // The server seals the next batch.
  void prepare();
  // What is measured.
  [[gnu::noinline]] void turn();
  Amount take_results();

 private:
  const Case& case_;
  PacketPathWorld world_;
  // End to end, as the kernel gives them.
  std::vector<std::uint8_t> bytes_;
  std::vector<std::size_t> sizes_;
  std::size_t next_ = 0;
  Amount sent_;
  std::uint64_t arrived_before_ = 0;
};

}  // namespace sallyport::benchmark
