#include "netback/wire.h"

#include <bit>

#include "netback/shared_ring.h"
#include "test.h"

namespace sallyport::netback {
namespace {

TEST_SUITE("netback/wire") {
  TEST_CASE("requests, responses and extra-infos lie as netif.h draws them") {
    // Little-endian words, from the octet diagrams of xen/io/netif.h.
    const auto tx = std::bit_cast<TxRequest>(
        std::array<std::uint32_t, 3>{0x11223344, 0x0009'0ffe, 0x05dc'0042});
    EXPECT(tx.gref == GrantRef(0x11223344));
    EXPECT(tx.offset == 0x0ffe);
    EXPECT(tx.flags == (TxFlags::kCsumBlank | TxFlags::kExtraInfo));
    EXPECT(tx.id == 0x42);
    EXPECT(tx.size == 1500);

    const auto rx = std::bit_cast<RxRequest>(std::array<std::uint32_t, 2>{0xdead'0007, 88});
    EXPECT(rx.id == 7);
    EXPECT(rx.gref == GrantRef(88));

    const auto extra = std::bit_cast<ExtraInfo>(std::array<std::uint32_t, 2>{0x05a8'0101, 2});
    EXPECT(extra.type == ExtraType::kGso);
    EXPECT(extra.flags == kExtraMore);
    EXPECT(extra.gso_size == 1448);
    EXPECT(extra.gso_type == GsoType::kTcp6);

    EXPECT(std::bit_cast<std::uint32_t>(TxResponse{.id = 3, .status = RspStatus::kError}) ==
           0xffff'0003);
    const auto response = std::bit_cast<std::array<std::uint32_t, 2>>(
        RxResponse{.id = 5, .offset = 6, .flags = RxFlags::kMoreData, .status = 4096});
    EXPECT(response == std::array<std::uint32_t, 2>{0x0006'0005, 0x1000'0004});
  }

  TEST_CASE("a page holds the header and all slots of either ring") {
    constexpr std::size_t kWords = kPageSize / sizeof(std::uint32_t);
    EXPECT(SharedRing::kFirstSlot + SharedRing::kSlots * sizeof(TxRequest) / 4 <= kWords);
    EXPECT(SharedRing::kFirstSlot + 2 * SharedRing::kSlots * sizeof(RxRequest) / 4 > kWords);
    EXPECT(sizeof(TxExtraSlot) == sizeof(TxRequest));
    EXPECT(sizeof(ExtraInfo) == sizeof(RxResponse));
  }
}

}  // namespace
}  // namespace sallyport::netback
