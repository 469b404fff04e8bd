#include "qubes/fault.h"

#include "base/check.h"

namespace sallyport::qubes {

std::string_view describe(Fault fault) {
  switch (fault) {
    case Fault::kUnknownType:
      return "unknown message";
    case Fault::kBadPath:
      return "malformed path";
    case Fault::kTooLong:
      return "value too long";
    case Fault::kBadData:
      return "malformed value";
    case Fault::kUnexpected:
      return "message out of place";
    case Fault::kRequestRefused:
      return "request refused";
    case Fault::kTooMuch:
      return "too many entries";
    case Fault::kNoAnswer:
      return "no answer";
    case Fault::kCount:
      break;
  }
  CHECK(false);
}

}  // namespace sallyport::qubes
