#include "qubes/message.h"

#include <algorithm>

#include "base/hex.h"
#include "test.h"

namespace sallyport::qubes {
namespace {

// struct qdb_hdr { uint8_t type; char path[64]; uint32_t data_len; } as x86-64 lays it out, written
// out by hand: type, path, three bytes of padding, length, data.
constexpr std::string_view kWriteHex =
    "01"
    "2f71756265732d6669726577616c6c2f31302e3133372e302e352f3030303000"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "000000"
    "0d000000"
    "616374696f6e3d616363657074";
constexpr std::string_view kWatchHex =
    "05"
    "2f766d2d636f6e6669672f000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "000000"
    "00000000";

const Message kWrite{MessageType::kCmdWrite, "/qubes-firewall/10.137.0.5/0000", "action=accept"};
const Message kWatch{MessageType::kCmdWatch, "/vm-config/", ""};

std::vector<std::uint8_t> vector_of(std::string_view hex) {
  return *base::hex_decode(hex);
}

std::vector<std::uint8_t> bytes_of(const Message& message) {
  std::vector<std::uint8_t> bytes;
  append_message(message, bytes);
  return bytes;
}

// The fault of the first message in `bytes`.
std::optional<Fault> fault_of(base::Bytes bytes) {
  MessageReader reader;
  const auto message = reader.next(bytes);
  return message ? std::nullopt : std::optional(message.error());
}

// For input without a fault.
std::optional<Message> next_of(MessageReader& reader, base::Bytes& rest) {
  auto message = reader.next(rest);
  REQUIRE(message.has_value());
  return *message;
}

std::vector<std::uint8_t> with_byte(std::vector<std::uint8_t> bytes, std::size_t at,
                                    std::uint8_t value) {
  bytes.at(at) = value;
  return bytes;
}

TEST_SUITE("qubes/message") {
  TEST_CASE("messages are laid out as the C struct") {
    EXPECT(base::hex_encode(bytes_of(kWrite)) == kWriteHex);
    EXPECT(base::hex_encode(bytes_of(kWatch)) == kWatchHex);
    EXPECT(bytes_of(kWatch).size() == kHeaderSize);
    EXPECT(base::hex_encode(bytes_of({MessageType::kRespOk, "", ""})) ==
           "07" + std::string(142, '0'));
  }

  TEST_CASE("messages are read as the C struct") {
    const auto stream = vector_of(std::string(kWriteHex) + std::string(kWatchHex));
    base::Bytes rest = stream;
    MessageReader reader;
    EXPECT(next_of(reader, rest) == kWrite);
    EXPECT(next_of(reader, rest) == kWatch);
    EXPECT(rest.empty());
    EXPECT(next_of(reader, rest) == std::nullopt);
  }

  TEST_CASE("every type has its number") {
    for (std::uint8_t type = 0; type <= 13; ++type) {
      auto bytes = with_byte(vector_of(kWatchHex), 0, type);
      bytes[11] = 'x';  // for the slash, which an entry does not end in
      base::Bytes rest = bytes;
      MessageReader reader;
      const auto message = reader.next(rest);
      REQUIRE(message.has_value());
      EXPECT((*message)->type == static_cast<MessageType>(type));
    }
    EXPECT(MessageType::kRespOk == static_cast<MessageType>(7));
    EXPECT(MessageType::kRespWatch == static_cast<MessageType>(13));
    for (const int type : {14, 15, 128, 255})
      EXPECT(fault_of(with_byte(vector_of(kWatchHex), 0, static_cast<std::uint8_t>(type))) ==
             Fault::kUnknownType);
  }

  TEST_CASE("a stream may be cut anywhere") {
    const auto stream = vector_of(std::string(kWriteHex) + std::string(kWatchHex));
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      MessageReader reader;
      std::vector<Message> messages;
      for (base::Bytes part : {base::Bytes(stream).first(cut), base::Bytes(stream).subspan(cut)}) {
        for (;;) {
          const auto message = reader.next(part);
          REQUIRE(message.has_value());
          if (!*message) break;
          messages.push_back(**message);
        }
        EXPECT(part.empty());
      }
      EXPECT(messages == std::vector{kWrite, kWatch});
    }
  }

  TEST_CASE("a message that is cut short is none, whatever its length") {
    const auto whole = vector_of(kWriteHex);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      // In a buffer of its own, so that reading behind its end is noticed.
      const std::vector<std::uint8_t> part(whole.begin(),
                                           whole.begin() + static_cast<std::ptrdiff_t>(size));
      base::Bytes rest = part;
      MessageReader reader;
      EXPECT(next_of(reader, rest) == std::nullopt);
      EXPECT(rest.empty());
    }
  }

  TEST_CASE("padding, and what is behind the path's end, mean nothing") {
    auto bytes = vector_of(kWriteHex);
    for (std::size_t at = 33; at < 68; ++at) bytes[at] = 0xee;
    base::Bytes rest = bytes;
    MessageReader reader;
    EXPECT(next_of(reader, rest) == kWrite);
  }

  TEST_CASE("a path without an end, or that is none, is a fault before its data") {
    const auto good = vector_of(kWatchHex);
    auto endless = good;
    std::fill_n(endless.begin() + 1, 64, std::uint8_t{'/'});
    EXPECT(fault_of(endless) == Fault::kBadPath);
    EXPECT_FALSE(fault_of(with_byte(endless, 64, 0)).has_value());
    EXPECT(fault_of(with_byte(good, 1, 'x')) == Fault::kBadPath);
    EXPECT(fault_of(with_byte(good, 3, ' ')) == Fault::kBadPath);
    EXPECT(fault_of(with_byte(good, 3, 0x80)) == Fault::kBadPath);
    // Data is announced, and not waited for.
    auto header = vector_of(kWriteHex);
    header.resize(kHeaderSize);
    EXPECT(fault_of(with_byte(header, 1, 'x')) == Fault::kBadPath);
  }

  TEST_CASE("only what is about one entry needs its path") {
    using enum MessageType;
    for (const MessageType type :
         {kCmdRead, kCmdWrite, kCmdRm, kCmdWatch, kCmdUnwatch, kRespRead, kRespWatch})
      EXPECT(fault_of(bytes_of({type, "", ""})) == Fault::kBadPath);
    for (const MessageType type :
         {kCmdMultiRead, kCmdList, kRespOk, kRespErrorNoEnt, kRespError, kRespMultiRead, kRespList})
      EXPECT_FALSE(fault_of(bytes_of({type, "", ""})).has_value());
  }

  TEST_CASE("what has a value is no tree") {
    using enum MessageType;
    for (const MessageType type : {kCmdRead, kCmdWrite, kRespRead, kRespMultiRead, kRespList})
      EXPECT(fault_of(bytes_of({type, "/vm-config/", ""})) == Fault::kBadPath);
    for (const MessageType type : {kCmdMultiRead, kCmdList, kCmdRm, kCmdWatch, kCmdUnwatch, kRespOk,
                                   kRespErrorNoEnt, kRespError, kRespWatch})
      EXPECT_FALSE(fault_of(bytes_of({type, "/vm-config/", ""})).has_value());
  }

  TEST_CASE("data is shorter than 3072 bytes") {
    const Message longest{MessageType::kCmdWrite, "/a", std::string(3071, 'x')};
    const auto bytes = bytes_of(longest);
    base::Bytes rest = bytes;
    MessageReader reader;
    EXPECT(next_of(reader, rest) == longest);
    // Known from the header alone.
    auto header = std::vector<std::uint8_t>(bytes.begin(), bytes.begin() + kHeaderSize);
    EXPECT_FALSE(fault_of(header).has_value());
    header[68] = 0x00;
    header[69] = 0x0c;
    EXPECT(fault_of(header) == Fault::kTooLong);
    EXPECT(fault_of(with_byte(header, 71, 0x80)) == Fault::kTooLong);
  }

  TEST_CASE("data has no zero byte, and is where it belongs only") {
    using enum MessageType;
    auto bytes = vector_of(kWriteHex);
    for (std::size_t at = kHeaderSize; at < bytes.size(); ++at)
      EXPECT(fault_of(with_byte(bytes, at, 0)) == Fault::kBadData);
    EXPECT_FALSE(fault_of(with_byte(bytes, 80, 0xff)).has_value());
    for (const MessageType type :
         {kCmdRead, kCmdMultiRead, kCmdList, kCmdRm, kCmdWatch, kCmdUnwatch, kRespOk,
          kRespErrorNoEnt, kRespError, kRespList, kRespWatch})
      EXPECT(fault_of(bytes_of({type, "/a", "x"})) == Fault::kBadData);
    for (const MessageType type : {kCmdWrite, kRespRead, kRespMultiRead})
      EXPECT_FALSE(fault_of(bytes_of({type, "/a", "x"})).has_value());
  }

  TEST_CASE("a fault is for good") {
    auto stream = with_byte(vector_of(kWatchHex), 0, 99);
    const auto good = vector_of(kWatchHex);
    stream.insert(stream.end(), good.begin(), good.end());
    base::Bytes rest = stream;
    MessageReader reader;
    for (int i = 0; i < 3; ++i) EXPECT(reader.next(rest).error() == Fault::kUnknownType);
  }

  TEST_CASE("every fault has a name of its own") {
    std::vector<std::string_view> names;
    for (int i = 0; i < static_cast<int>(Fault::kCount); ++i)
      names.push_back(describe(static_cast<Fault>(i)));
    std::ranges::sort(names);
    EXPECT(std::ranges::adjacent_find(names) == names.end());
  }
}

}  // namespace
}  // namespace sallyport::qubes
