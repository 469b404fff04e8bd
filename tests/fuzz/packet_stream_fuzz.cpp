// What a domain at the other end of a vchan may write, in portions of any size: packets come out
// with the lengths that their headers say, or the stream is broken for good.
#include <algorithm>
#include <cstdlib>

#include "base/byte_reader.h"
#include "xen/packet_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sallyport::xen::PacketStreamReader;
  PacketStreamReader reader;
  sallyport::base::Bytes stream(data, size);
  if (stream.empty()) return 0;
  const std::size_t step = 1 + stream[0];
  stream = stream.subspan(1);
  while (!stream.empty()) {
    const auto space = reader.free_space();
    if (space.empty()) std::abort();
    const std::size_t count = std::min({step, stream.size(), space.size()});
    std::ranges::copy(stream.first(count), space.begin());
    reader.filled(count);
    stream = stream.subspan(count);
    for (;;) {
      const auto packet = reader.next();
      if (!packet) {
        if (reader.next()) std::abort();
        return 0;
      }
      if (!*packet) break;
      if ((*packet)->bytes.size() != (*packet)->header.length || (*packet)->bytes.size() < 20)
        std::abort();
    }
  }
  return 0;
}
