// From clients' frames to sealed trains.
#pragma once

#include "packet_path_world.h"

namespace sallyport::benchmark {

class Upward {
 public:
  explicit Upward(const Case& which);

  // The next batch of frames, as clients sent them.
  void prepare();
  // What is measured.
  [[gnu::noinline]] void turn();
  Amount take_results();

 private:
  struct Frame {
    net::ClientId from;
    testing::ByteVector bytes;
  };
  Frame frame_of(std::size_t flow) const;

  const Case& case_;
  PacketPathWorld world_;
  net::Offload offload_;
  Frame first_;
  std::vector<Frame> frames_;
  std::size_t next_flow_ = 0;
  gateway::TrafficCounters before_;
};

}  // namespace sallyport::benchmark
