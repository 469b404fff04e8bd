#include "pcap.h"

#include <cstring>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "test_data.h"

namespace sallyport::testing {
namespace {

// Captures are in the byte order of the machine that wrote them.
std::uint32_t word_at(base::Bytes file, std::size_t at) {
  std::uint32_t value;
  std::memcpy(&value, file.subspan(at, sizeof value).data(), sizeof value);
  return value;
}

}  // namespace

std::vector<Frame> read_pcap(std::string_view name) {
  constexpr std::size_t kFileHeader = 24;
  constexpr std::size_t kFrameHeader = 16;
  const std::string text = read_test_data(name);
  const base::Bytes file = base::bytes_of(text);
  CHECK(file.size() >= kFileHeader && word_at(file, 0) == 0xa1b2c3d4);
  std::vector<Frame> frames;
  for (std::size_t at = kFileHeader; at < file.size();) {
    const std::size_t size = word_at(file, at + 8);
    const base::Bytes frame = file.subspan(at + kFrameHeader, size);
    frames.emplace_back(frame.begin(), frame.end());
    at += kFrameHeader + size;
  }
  return frames;
}

}  // namespace sallyport::testing
