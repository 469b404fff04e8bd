#include "netback/ring_fault.h"

#include "base/check.h"

namespace sallyport::netback {

std::string_view describe(RingFault fault) {
  switch (fault) {
    case RingFault::kProducerOverrun:
      return "ring index out of range";
    case RingFault::kIncompletePacket:
      return "packet cut off";
    case RingFault::kInvalidExtra:
      return "unknown extra-info";
    case RingFault::kTooManyExtras:
      return "too many extra-infos";
    case RingFault::kCrossesPage:
      return "data beyond its page";
    case RingFault::kGsoSize:
      return "segment size of zero";
    case RingFault::kGsoType:
      return "unknown segmentation type";
    case RingFault::kCount:
      break;
  }
  CHECK(false);
}

}  // namespace sallyport::netback
