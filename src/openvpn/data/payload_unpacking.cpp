#include "openvpn/data/payload_unpacking.h"

#include "base/check.h"
#include "compression/lz4.h"
#include "compression/lzo.h"
#include "openvpn/data/payload_framing.h"

namespace sallyport::openvpn {
namespace {

std::optional<std::size_t> unpack(CompressionFraming framing, base::MutableBytes framed,
                                  base::MutableBytes space) {
  switch (framing) {
    case CompressionFraming::kNone:
      return std::nullopt;
    case CompressionFraming::kLzo:
      if (framed.front() != kLzoMark) return std::nullopt;
      return compression::unpack_lzo(framed.subspan(1), space);
    case CompressionFraming::kStub:
      if (framed.front() != kLz4Mark) return std::nullopt;
      framed.front() = framed.back();
      return compression::unpack_lz4(framed.first(framed.size() - 1), space);
    case CompressionFraming::kStubV2:
      if (framed[1] != kV2Lz4) return std::nullopt;
      return compression::unpack_lz4(framed.subspan(2), space);
  }
  CHECK(false);
}

}  // namespace

std::expected<base::MutableBytes, DropReason> unpack_payload(CompressionFraming framing,
                                                             base::MutableBytes framed,
                                                             BatchMemory& memory) {
  const base::MutableBytes space = memory.space();
  if (space.empty()) return std::unexpected(DropReason::kBatchFull);
  const auto size = unpack(framing, framed, space.first(TunnelOptions::kMaxTunMtu));
  if (!size) return std::unexpected(DropReason::kBadCompression);
  return memory.keep(*size);
}

}  // namespace sallyport::openvpn
