#include "openvpn/wire/tcp_framing.h"

#include <algorithm>
#include <string>
#include <vector>

#include "test.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kLimit = 100;

// Feeds `stream` in pieces of `step` bytes; returns the packets, each as text.
std::vector<std::string> cut(std::string_view stream, std::size_t step) {
  TcpDeframer deframer(kLimit);
  std::vector<std::string> packets;
  while (!stream.empty()) {
    const std::string_view piece = stream.substr(0, step);
    stream.remove_prefix(piece.size());
    std::ranges::copy(base::bytes_of(piece), deframer.free_space().begin());
    deframer.filled(piece.size());
    for (;;) {
      const auto packet = deframer.next();
      REQUIRE(packet.has_value());
      if (!*packet) break;
      packets.emplace_back(base::text_of(**packet));
    }
  }
  return packets;
}

TEST_SUITE("openvpn/tcp_framing") {
  TEST_CASE("cuts packets out of a stream however it is split") {
    using namespace std::string_view_literals;
    const auto stream = "\0\5hello\0\1x\0\6second"sv;
    for (std::size_t step = 1; step <= stream.size(); ++step) {
      EXPECT(cut(stream, step) == std::vector<std::string>{"hello", "x", "second"});
    }
  }

  TEST_CASE("a packet stands in the stream behind its length") {
    using namespace std::string_view_literals;
    EXPECT(base::text_of(framed_for_stream(base::bytes_of("hello"))) == "\0\5hello"sv);
    EXPECT(cut(base::text_of(framed_for_stream(base::bytes_of("hello"))), 3) ==
           std::vector<std::string>{"hello"});
  }

  TEST_CASE("a length of zero or beyond the limit is an error") {
    using namespace std::string_view_literals;
    for (const auto bad : {"\0\0"sv, "\0\x65"sv, "\xff\xff"sv}) {
      TcpDeframer deframer(kLimit);
      std::ranges::copy(base::bytes_of(bad), deframer.free_space().begin());
      deframer.filled(bad.size());
      EXPECT_FALSE(deframer.next().has_value());
    }
  }

  TEST_CASE("there is always room for more") {
    TcpDeframer deframer(kLimit);
    const std::string packet = std::string("\0\x64", 2) + std::string(kLimit, 'a');
    for (int round = 0; round < 2000; ++round) {
      const auto space = deframer.free_space();
      const std::size_t size = std::min(packet.size(), space.size());
      REQUIRE(size == packet.size());
      std::ranges::copy(base::bytes_of(packet), space.begin());
      deframer.filled(size);
      REQUIRE(deframer.next()->has_value());
    }
  }
}

}  // namespace
}  // namespace sallyport::openvpn
