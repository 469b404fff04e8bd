#include "net/ack_filter.h"

#include <deque>
#include <vector>

#include "packet_builder.h"
#include "test.h"

namespace sallyport::net {
namespace {

using testing::ByteVector;
using testing::Ends;
using testing::ends;
using testing::tcp_packet;
using testing::TcpOptions;

const Ends kEnds = ends("198.51.100.7", 443, "10.8.0.2", 40000);
const Ends kEnds6 = ends("2001:db8::7", 443, "fd42::2", 40000);

ByteVector timestamp(std::uint8_t value) {
  return {1, 1, 8, 10, 0, 0, 0, value, 0, 0, 0, 1};
}

// Feeds packets to a filter and keeps the acknowledgement numbers of what comes out, in order.
class Batch {
 public:
  AckFilter::Outcome add(ByteVector bytes) {
    const Packet packet = parse_packet(buffers_.emplace_back(std::move(bytes))).value();
    const AckFilter::Outcome outcome = filter_.add(packet);
    if (outcome.before) out.push_back(outcome.before->tcp.acknowledgement);
    if (!outcome.held) out.push_back(packet.tcp.acknowledgement);
    superseded += outcome.superseded;
    return outcome;
  }
  void ack(std::uint32_t number, TcpOptions tcp = {}, const Ends& ends = kEnds) {
    tcp.acknowledgement = number;
    add(tcp_packet(ends, tcp));
  }
  const std::vector<std::uint32_t>& finish() {
    while (const auto packet = filter_.next()) out.push_back(packet->tcp.acknowledgement);
    return out;
  }

  std::vector<std::uint32_t> out;
  int superseded = 0;

 private:
  AckFilter filter_;
  std::deque<ByteVector> buffers_;
};

using Numbers = std::vector<std::uint32_t>;

TEST_SUITE("net/ack_filter") {
  TEST_CASE("the last of several acknowledgements stands for all, in both families") {
    for (const Ends& flow : {kEnds, kEnds6}) {
      Batch batch;
      for (const std::uint32_t number : {100U, 200U, 300U, 400U}) batch.ack(number, {}, flow);
      EXPECT(batch.out.empty());
      EXPECT(batch.finish() == Numbers{400});
      EXPECT(batch.superseded == 3);
    }
  }

  TEST_CASE("numbers wrap around") {
    Batch batch;
    batch.ack(0xffffff00);
    batch.ack(0x00000010);
    EXPECT(batch.finish() == Numbers{0x10});
  }

  TEST_CASE("timestamps may differ, a window too") {
    Batch batch;
    batch.ack(100, {.window = 10, .options = timestamp(1)});
    batch.ack(200, {.window = 20, .options = timestamp(2)});
    EXPECT(batch.finish() == Numbers{200});
  }

  TEST_CASE("duplicates and older ones are all delivered, in their order") {
    Batch batch;
    for (const std::uint32_t number : {100U, 100U, 100U, 50U, 150U}) batch.ack(number);
    EXPECT(batch.finish() == Numbers{100, 100, 100, 150});
    EXPECT(batch.superseded == 1);
  }

  TEST_CASE("selective acknowledgements, congestion echoes and other flags pass untouched") {
    const ByteVector sack{1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    for (const TcpOptions& tcp : {TcpOptions{.options = sack}, TcpOptions{.flags = 0x50},
                                  TcpOptions{.flags = 0x11}, TcpOptions{.flags = 0x14}}) {
      Batch batch;
      batch.ack(100);
      batch.ack(200, tcp);
      batch.ack(300);
      EXPECT(batch.finish() == Numbers{100, 200, 300});
      EXPECT(batch.superseded == 0);
    }
  }

  TEST_CASE("an acknowledgement is not overtaken by data of its flow") {
    Batch batch;
    batch.ack(100);
    const ByteVector data(10, 1);
    batch.add(tcp_packet(kEnds, {.acknowledgement = 200}, data));
    batch.ack(300);
    EXPECT(batch.finish() == Numbers{100, 200, 300});
  }

  TEST_CASE("a corrupt one supersedes nothing") {
    Batch batch;
    batch.ack(100);
    ByteVector corrupt = tcp_packet(kEnds, {.acknowledgement = 200});
    corrupt.back() ^= 1;
    batch.add(std::move(corrupt));
    EXPECT(batch.finish().front() == 100);
    EXPECT(batch.superseded == 0);
  }

  TEST_CASE("flows do not mix, and one too many makes the oldest go") {
    Batch batch;
    const auto flow = [](int i) {
      return ends("198.51.100.7", static_cast<std::uint16_t>(1000 + i), "10.8.0.2", 40000);
    };
    const int flows = static_cast<int>(AckFilter::kMaxFlows);
    for (int i = 0; i <= flows; ++i) batch.ack(static_cast<std::uint32_t>(i), {}, flow(i));
    EXPECT(batch.out == Numbers{0});
    EXPECT(batch.finish().size() == AckFilter::kMaxFlows + 1);
    EXPECT(batch.superseded == 0);
  }

  TEST_CASE("other protocols are none of its business") {
    AckFilter filter;
    ByteVector bytes = testing::udp_packet(kEnds);
    const Packet packet = parse_packet(bytes).value();
    const AckFilter::Outcome outcome = filter.add(packet);
    EXPECT_FALSE(outcome.held);
    EXPECT_FALSE(outcome.before.has_value());
  }
}

}  // namespace
}  // namespace sallyport::net
