#include "daemon/server_batch.h"

#include "base/train_limits.h"
#include "test.h"

namespace sallyport::daemon {
namespace {

using openvpn::Transport;

openvpn::Path path_of(std::uint32_t socket) {
  return {socket, base::IpAddress::v4(0xcb007102), 1194};
}

void add(ServerBatch& batch, const openvpn::Path& path, std::string_view packet,
         Transport transport = Transport::kUdp) {
  base::copy_bytes(base::bytes_of(packet), batch.claim(packet.size(), transport));
  batch.commit(path);
}

TEST_SUITE("daemon/server_batch") {
  TEST_CASE("equal datagrams to one client are one train, which a shorter one ends") {
    ServerBatch batch;
    for (const auto* packet : {"abc", "def", "g", "hij", "longer"}) add(batch, path_of(1), packet);
    REQUIRE(batch.trains().size() == 3);
    EXPECT(base::text_of(batch.trains()[0].bytes) == "abcdefg");
    EXPECT(batch.trains()[0].segment_size == 3);
    EXPECT(base::text_of(batch.trains()[1].bytes) == "hij");
    EXPECT(base::text_of(batch.trains()[2].bytes) == "longer");
  }

  TEST_CASE(
      "packets into a stream stand behind their lengths in one stretch, whatever their sizes") {
    using namespace std::string_view_literals;
    ServerBatch batch;
    for (const auto* packet : {"a", "longer", "bc"})
      add(batch, path_of(1), packet, Transport::kTcp);
    REQUIRE(batch.trains().size() == 1);
    EXPECT(base::text_of(batch.trains()[0].bytes) == "\0\1a\0\6longer\0\2bc"sv);
  }

  TEST_CASE("another client's packet begins another train") {
    for (const auto transport : {Transport::kUdp, Transport::kTcp}) {
      ServerBatch batch;
      for (const std::uint32_t socket : {1u, 2u, 1u}) add(batch, path_of(socket), "abc", transport);
      EXPECT(batch.trains().size() == 3);
    }
  }

  TEST_CASE("no train is longer than one system call takes") {
    const std::string packet(1000, 'x');
    for (const auto transport : {Transport::kUdp, Transport::kTcp}) {
      ServerBatch batch;
      for (std::size_t i = 0; i <= base::kMaxTrainSegments; ++i)
        add(batch, path_of(1), packet, transport);
      REQUIRE(batch.trains().size() == 2);
      EXPECT(batch.trains()[0].bytes.size() <= base::kMaxTrainBytes);
    }
  }

  TEST_CASE("what is not committed is not sent, and its place is used again") {
    ServerBatch batch;
    base::copy_bytes(base::bytes_of("gone"), batch.claim(4, Transport::kTcp));
    add(batch, path_of(1), "abc");
    REQUIRE(batch.trains().size() == 1);
    EXPECT(base::text_of(batch.trains()[0].bytes) == "abc");
    batch.clear();
    EXPECT(batch.trains().empty());
  }
}

}  // namespace
}  // namespace sallyport::daemon
