#include "netback/tx_counters.h"

#include "base/check.h"

namespace sallyport::netback {

std::string_view describe(TxRefusal refusal) {
  switch (refusal) {
    case TxRefusal::kTooShort:
      return "packet too short";
    case TxRefusal::kTooManySlots:
      return "packet of too many slots";
    case TxRefusal::kSizesDisagree:
      return "packet smaller than its parts";
    case TxRefusal::kMulticastControl:
      return "multicast control not offered";
    case TxRefusal::kCopyFailed:
      return "copy from guest failed";
    case TxRefusal::kCount:
      break;
  }
  CHECK(false);
}

}  // namespace sallyport::netback
