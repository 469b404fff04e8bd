#include "openvpn/data/payload_framing.h"

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint8_t kNoCompress = 0xfa;
constexpr std::uint8_t kNoCompressSwap = 0xfb;
constexpr std::uint8_t kV2Indicator = 0x50;
constexpr std::uint8_t kV2Uncompressed = 0x00;
// A sender bug of 2.x: the indicator, then its own opcode byte for "no compression".
constexpr std::uint8_t kV2UncompressedOld = 0x0a;

std::expected<base::MutableBytes, DropReason> remove_v2(base::MutableBytes framed) {
  if (framed[0] != kV2Indicator) return framed;
  if (framed.size() < 2) return std::unexpected(DropReason::kBadFraming);
  switch (framed[1]) {
    case kV2Uncompressed:
    case kV2UncompressedOld:
      return framed.subspan(2);
    case kV2Lz4:
      return std::unexpected(DropReason::kCompressed);
    default:
      return std::unexpected(DropReason::kBadFraming);
  }
}

}  // namespace

FramingRoom framing_room(CompressionFraming framing) {
  switch (framing) {
    case CompressionFraming::kNone:
    case CompressionFraming::kStubV2:
      return {};
    case CompressionFraming::kLzo:
      return {.front = 1};
    case CompressionFraming::kStub:
      return {.back = 1};
  }
  CHECK(false);
}

void add_framing(CompressionFraming framing, base::MutableBytes framed) {
  switch (framing) {
    case CompressionFraming::kNone:
    // Only a packet that starts with 0x50 would need a mark; IP starts with 4 or 6, ping with 0x2a.
    case CompressionFraming::kStubV2:
      return;
    case CompressionFraming::kLzo:
      framed.front() = kNoCompress;
      return;
    case CompressionFraming::kStub:
      framed.back() = framed.front();
      framed.front() = kNoCompressSwap;
      return;
  }
  CHECK(false);
}

std::expected<base::MutableBytes, DropReason> remove_framing(CompressionFraming framing,
                                                             base::MutableBytes framed) {
  if (framing == CompressionFraming::kNone || framed.empty()) return framed;
  if (framing == CompressionFraming::kStubV2) return remove_v2(framed);
  const std::uint8_t mark = framed.front();
  if (mark == kLzoMark || mark == kLz4Mark) return std::unexpected(DropReason::kCompressed);
  if (framing == CompressionFraming::kLzo && mark == kNoCompress) return framed.subspan(1);
  if (framing == CompressionFraming::kStub && mark == kNoCompressSwap) {
    framed.front() = framed.back();
    return framed.first(framed.size() - 1);
  }
  return std::unexpected(DropReason::kBadFraming);
}

}  // namespace sallyport::openvpn
