// QubesDB's messages (qubesdb.h of qubes-core-qubesdb), the same over a local socket and over a
// vchan. A header as the C compiler lays it out, then the data:
//
//    0  type
//    1  path: 64 bytes, with a zero byte behind its end
//   65  padding, which means nothing
//   68  length of the data, little-endian
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "qubes/fault.h"

namespace sallyport::qubes {

enum class MessageType : std::uint8_t {
  kCmdRead,
  kCmdWrite,
  kCmdMultiRead,
  kCmdList,
  kCmdRm,
  kCmdWatch,
  kCmdUnwatch,
  kRespOk,
  kRespErrorNoEnt,
  kRespError,
  kRespRead,
  kRespMultiRead,  // one for each entry, then one without path and data
  kRespList,       // the same, without data
  kRespWatch,      // at any time, also between the answers to one request
};

struct Message {
  MessageType type{};
  // Empty where no path has to be: at the end of a list, and for everything as a prefix. Of an
  // entry where a value is read or written; what is watched, removed or listed may be a tree.
  std::string path;
  std::string data;

  friend bool operator==(const Message&, const Message&) = default;
};

inline constexpr std::size_t kHeaderSize = 72;
// The daemon refuses 3072 bytes.
inline constexpr std::size_t kMaxData = 3071;

// Our own message: its path and data are within the limits.
void append_message(const Message& message, std::vector<std::uint8_t>& to);

// Cuts messages out of a stream that comes in pieces of any size. Keeps less than one message.
class MessageReader {
 public:
  // The next whole message; nothing when `input` ends before it does. Takes from the front of
  // `input` what it used. A fault is for good: what follows cannot be told apart any more.
  std::expected<std::optional<Message>, Fault> next(base::Bytes& input);

 private:
  struct Header {
    MessageType type{};
    std::string path;
    std::size_t data_length = 0;
  };
  static std::expected<Header, Fault> parse(base::Bytes bytes);
  // Completes held_ to `size` bytes; false when there are not enough.
  bool hold(std::size_t size, base::Bytes& input);

  std::optional<Header> header_;
  std::vector<std::uint8_t> held_;  // of the header, or of the data behind header_
};

}  // namespace sallyport::qubes
