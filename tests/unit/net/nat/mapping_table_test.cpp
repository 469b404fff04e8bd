#include "net/nat/mapping_table.h"

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

MappingKey key(std::uint32_t client, FlowKind kind, const char* address, std::uint16_t port) {
  return {ClientId(client), kind, {testing::ip(address), port}};
}

TEST_SUITE("net/nat/mapping_table") {
  TEST_CASE("lives as long as a flow uses it") {
    MappingTable table(KeyedHash(1, 2));
    const MappingKey one = key(1, FlowKind::kUdp4, "10.0.0.1", 5000);
    EXPECT_FALSE(table.join(one).has_value());
    table.open(one, 40000);
    EXPECT(table.join(one) == 40000);
    EXPECT(table.size() == 1);
    EXPECT_FALSE(table.leave(one));
    EXPECT(table.leave(one));
    EXPECT_FALSE(table.join(one).has_value());
    EXPECT(table.size() == 0);
  }

  TEST_CASE("is told apart by client, kind, address and port") {
    MappingTable table(KeyedHash(1, 2));
    table.open(key(1, FlowKind::kUdp4, "10.0.0.1", 5000), 40000);
    EXPECT_FALSE(table.join(key(2, FlowKind::kUdp4, "10.0.0.1", 5000)).has_value());
    EXPECT_FALSE(table.join(key(1, FlowKind::kIcmp4, "10.0.0.1", 5000)).has_value());
    EXPECT_FALSE(table.join(key(1, FlowKind::kUdp4, "10.0.0.2", 5000)).has_value());
    EXPECT_FALSE(table.join(key(1, FlowKind::kUdp4, "10.0.0.1", 5001)).has_value());
    table.clear();
    EXPECT_FALSE(table.join(key(1, FlowKind::kUdp4, "10.0.0.1", 5000)).has_value());
  }
}

}  // namespace
}  // namespace sallyport::net
