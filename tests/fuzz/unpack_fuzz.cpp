// Compressed blocks of any bytes, into any room: what is unpacked stays within it, does not depend
// on it, and is refused where it does not fit.
#include <algorithm>

#include "base/check.h"
#include "compression/lz4.h"
#include "compression/lzo.h"
#include "fuzz_input.h"

namespace sallyport::compression {
namespace {

using Packet = std::vector<std::uint8_t>;

void run(testing::FuzzInput input) {
  const auto unpack = input.below(2) == 0 ? unpack_lzo : unpack_lz4;
  const std::size_t room = input.u16() % 4096;
  const Packet packed = input.rest();

  // Buffers of exactly their sizes, so that a sanitizer sees what is beside them.
  Packet space(room, 0xaa);
  const auto size = unpack(packed, space);
  if (!size) return;
  CHECK(*size <= room);
  const auto whole = base::Bytes(space).first(*size);

  Packet larger(room + 100, 0x55);
  CHECK(unpack(packed, larger) == size);
  CHECK(std::ranges::equal(whole, base::Bytes(larger).first(*size)));
  // liblz4 wants some room behind a match, which the blocks of its own compressor leave.
  Packet exact(*size);
  const auto fits = unpack(packed, exact);
  CHECK(fits == size || (unpack == unpack_lz4 && !fits));
  if (*size == 0) return;
  Packet smaller(*size - 1);
  CHECK(!unpack(packed, smaller));
}

}  // namespace
}  // namespace sallyport::compression

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::compression::run({data, size});
  return 0;
}
