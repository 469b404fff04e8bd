#include <chrono>

#include "openvpn/control/reliable_receiver.h"
#include "openvpn/control/reliable_sender.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;
using Outcome = ReliableReceiver::Outcome;

base::Instant at(int second) {
  return base::Instant(seconds(second));
}

std::vector<std::uint32_t> due_ids(ReliableSender& sender, base::Instant now) {
  std::vector<std::uint32_t> ids;
  while (const ReliableMessage* message = sender.next_due(now)) ids.push_back(message->id.value());
  return ids;
}

using Ids = std::vector<std::uint32_t>;

TEST_SUITE("openvpn/reliable_sender") {
  TEST_CASE("sends at once, then again after 2, 4 and 8 seconds, until acknowledged") {
    ReliableSender sender{seconds(2)};
    sender.push(Opcode::kControlV1, {1});
    EXPECT(due_ids(sender, at(100)) == Ids{0});
    EXPECT(sender.next_deadline() == at(102));
    EXPECT(due_ids(sender, at(101)).empty());
    EXPECT(due_ids(sender, at(102)) == Ids{0});
    EXPECT(sender.next_deadline() == at(106));
    EXPECT(due_ids(sender, at(106)) == Ids{0});
    EXPECT(sender.next_deadline() == at(114));
    sender.acknowledge(MessageId(0));
    EXPECT_FALSE(sender.next_deadline().has_value());
    EXPECT(sender.all_acknowledged());
  }

  TEST_CASE(
      "knocks every four seconds at a server that is silent, or as rarely as tls-timeout says") {
    for (const auto& [timeout, pauses] :
         {std::pair{1, std::vector{1, 2, 4, 4, 4}}, std::pair{2, std::vector{2, 4, 4, 4}},
          std::pair{9, std::vector{9, 9, 9}}}) {
      ReliableSender sender{seconds(timeout)};
      sender.push(Opcode::kControlHardResetClientV3, {});
      int now = 100;
      for (const int pause : pauses) {
        EXPECT(due_ids(sender, at(now)) == Ids{0});
        now += pause;
        EXPECT(sender.next_deadline() == at(now));
      }
    }
  }

  TEST_CASE("keeps at most its window of messages in flight") {
    ReliableSender sender{seconds(2)};
    for (std::size_t i = 0; i < ReliableSender::kWindow; ++i) {
      REQUIRE(sender.has_room());
      sender.push(Opcode::kControlV1, {});
    }
    EXPECT_FALSE(sender.has_room());
    sender.acknowledge(MessageId(2));
    EXPECT(sender.has_room());
  }

  TEST_CASE("resends at once what three later messages overtook") {
    ReliableSender sender{seconds(2)};
    for (int i = 0; i < 4; ++i) sender.push(Opcode::kControlV1, {});
    EXPECT(due_ids(sender, at(0)) == Ids{0, 1, 2, 3});
    sender.acknowledge(MessageId(1));
    sender.acknowledge(MessageId(2));
    EXPECT(due_ids(sender, at(0)).empty());
    sender.acknowledge(MessageId(3));
    EXPECT(due_ids(sender, at(0)) == Ids{0});
    EXPECT(due_ids(sender, at(0)).empty());
  }

  TEST_CASE("ignores acknowledgements of what it does not hold") {
    ReliableSender sender{seconds(2)};
    sender.push(Opcode::kControlV1, {});
    sender.acknowledge(MessageId(9));
    sender.acknowledge(MessageId(0));
    sender.acknowledge(MessageId(0));
    EXPECT(sender.all_acknowledged());
  }
}

TEST_SUITE("openvpn/reliable_receiver") {
  Outcome receive(ReliableReceiver & receiver, std::uint32_t id) {
    const std::uint8_t payload = static_cast<std::uint8_t>(id);
    return receiver.receive(MessageId(id), Opcode::kControlV1, std::span(&payload, 1));
  }
  Ids in_order(ReliableReceiver & receiver) {
    Ids ids;
    while (const auto message = receiver.next_in_order()) {
      EXPECT(message->payload[0] == static_cast<std::uint8_t>(message->id.value()));
      ids.push_back(message->id.value());
    }
    return ids;
  }
  Ids acks(ReliableReceiver & receiver, std::size_t limit) {
    Ids ids;
    const AckList taken = receiver.take_acks(limit);
    for (const MessageId id : taken.ids()) ids.push_back(id.value());
    return ids;
  }

  TEST_CASE("puts messages in order") {
    ReliableReceiver receiver;
    EXPECT(receive(receiver, 1) == Outcome::kAccepted);
    EXPECT(receive(receiver, 2) == Outcome::kAccepted);
    EXPECT(in_order(receiver).empty());
    EXPECT(receive(receiver, 0) == Outcome::kAccepted);
    EXPECT(in_order(receiver) == Ids{0, 1, 2});
    EXPECT(acks(receiver, 8) == Ids{1, 2, 0});
    EXPECT_FALSE(receiver.has_acks());
  }

  // Our ancestor did not, and a lost ACK stalled the peer (B1).
  TEST_CASE("acknowledges duplicates again, delivered ones and waiting ones") {
    ReliableReceiver receiver;
    receive(receiver, 0);
    receive(receiver, 2);
    in_order(receiver);
    acks(receiver, 8);
    EXPECT(receive(receiver, 0) == Outcome::kDuplicate);
    EXPECT(receive(receiver, 2) == Outcome::kDuplicate);
    EXPECT(receive(receiver, 2) == Outcome::kDuplicate);
    EXPECT(in_order(receiver).empty());
    EXPECT(acks(receiver, 8) == Ids{0, 2});
  }

  TEST_CASE("drops what is beyond its window without an acknowledgement") {
    ReliableReceiver receiver;
    EXPECT(receive(receiver, ReliableReceiver::kWindow) == Outcome::kOutOfWindow);
    EXPECT(receive(receiver, 0xffffffff) == Outcome::kOutOfWindow);
    EXPECT_FALSE(receiver.has_acks());
    EXPECT(receive(receiver, ReliableReceiver::kWindow - 1) == Outcome::kAccepted);
  }

  TEST_CASE("hands out a few acknowledgements at a time and owes a bounded number") {
    ReliableReceiver receiver;
    for (std::uint32_t id = 0; id < 40; ++id) {
      receive(receiver, id);
      in_order(receiver);
    }
    EXPECT(acks(receiver, 4) == Ids{0, 1, 2, 3});
    std::size_t rest = 0;
    while (receiver.has_acks()) rest += acks(receiver, 4).size();
    EXPECT(rest == 20);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
