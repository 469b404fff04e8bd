#include "netback/rx_counters.h"

#include "base/check.h"

namespace sallyport::netback {

std::string_view describe(RxRefusal refusal) {
  switch (refusal) {
    case RxRefusal::kTooLong:
      return "frame too long";
    case RxRefusal::kNeedsSg:
      return "guest takes one page only";
    case RxRefusal::kNeedsGso:
      return "guest takes no super-packets";
    case RxRefusal::kNeedsCsum:
      return "guest fills no checksums";
    case RxRefusal::kNoSlots:
      return "guest has no buffers";
    case RxRefusal::kCopyFailed:
      return "copy to guest failed";
    case RxRefusal::kCount:
      break;
  }
  CHECK(false);
}

}  // namespace sallyport::netback
