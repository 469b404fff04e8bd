#include "netback/key_values.h"

#include "base/check.h"

namespace sallyport::netback {
namespace {

std::string_view describe(KeyError::Reason reason) {
  switch (reason) {
    case KeyError::Reason::kMissing:
      return "missing";
    case KeyError::Reason::kMalformed:
      return "malformed";
    case KeyError::Reason::kOutOfRange:
      return "out of range";
    case KeyError::Reason::kNotSupported:
      return "not supported";
    case KeyError::Reason::kRepeated:
      return "named twice";
  }
  CHECK(false);
}

}  // namespace

std::string KeyError::to_string() const {
  return key + ": " + std::string(describe(reason));
}

}  // namespace sallyport::netback
