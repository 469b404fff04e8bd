// Why a QubesDB connection is given up. Every one is the peer's doing; the settings of before stay.
#pragma once

#include <cstdint>
#include <string_view>

namespace sallyport::qubes {

enum class Fault : std::uint8_t {
  kUnknownType,     // no such message
  kBadPath,         // without an end, not below "/", or with a character that no path has
  kTooLong,         // data of 3072 bytes or more
  kBadData,         // data that has a zero byte, or where there is none
  kUnexpected,      // an answer to what was not asked, or a command that is not for us
  kRequestRefused,  // an error for an answer
  kTooMuch,         // more entries, sources or bytes than are kept
  kNoAnswer,        // in time
  kCount
};

// "too many entries"; for counters and the log.
std::string_view describe(Fault fault);

}  // namespace sallyport::qubes
