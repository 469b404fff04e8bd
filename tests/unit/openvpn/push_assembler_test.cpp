#include "openvpn/push/push_assembler.h"

#include "test.h"

namespace sallyport::openvpn {
namespace {

// The options of a reply with '|' between them; "..." while more must follow, "error" for an error.
std::string outline(const std::expected<std::optional<PushReply>, PushError>& added) {
  if (!added) return "error";
  if (!*added) return "...";
  std::string text;
  for (const std::string_view option : (*added)->options()) {
    if (!text.empty()) text += '|';
    text += option;
  }
  return text;
}

std::string add_one(std::string_view message) {
  PushAssembler assembler;
  return outline(assembler.add(message));
}

TEST_SUITE("openvpn/push_assembler") {
  TEST_CASE("a reply is cut at its commas") {
    EXPECT(add_one("PUSH_REPLY,topology subnet,ping 10") == "topology subnet|ping 10");
    EXPECT(add_one("PUSH_REPLY") == "");
    EXPECT(add_one("PUSH_REPLY,") == "");
    EXPECT(add_one("PUSH_REPLY,, ping 10,,") == "ping 10");
  }

  TEST_CASE("other messages are no reply") {
    for (const char* message :
         {"", "PUSH_REPL", "PUSH_REPLYX", "PUSH_REPLY ping 10", "PUSH_UPDATE,x"})
      EXPECT(add_one(message) == "error");
  }

  TEST_CASE("parts are put together, and nothing is given before the last one") {
    PushAssembler assembler;
    EXPECT(outline(assembler.add("PUSH_REPLY,route 10.0.0.0,push-continuation 2")) == "...");
    EXPECT(outline(assembler.add("PUSH_REPLY,ping 10,push-continuation 2")) == "...");
    EXPECT(outline(assembler.add("PUSH_REPLY,peer-id 3,push-continuation 1")) ==
           "route 10.0.0.0|ping 10|peer-id 3");
    EXPECT(outline(assembler.add("PUSH_REPLY,ping 5")) == "ping 5");
  }

  TEST_CASE("an error or a new connection forgets what was begun") {
    PushAssembler assembler;
    EXPECT(outline(assembler.add("PUSH_REPLY,a,push-continuation 2")) == "...");
    EXPECT(outline(assembler.add("RESTART")) == "error");
    EXPECT(outline(assembler.add("PUSH_REPLY,b")) == "b");
    EXPECT(outline(assembler.add("PUSH_REPLY,a,push-continuation 2")) == "...");
    assembler.reset();
    EXPECT(outline(assembler.add("PUSH_REPLY,c")) == "c");
  }

  TEST_CASE("a big reply is taken in one message, as SoftEther sends it") {
    std::string message = "PUSH_REPLY";
    while (message.size() < 64 * 1024) message += ",route 10.20.30.40 255.255.255.255 vpn_gateway";
    PushAssembler assembler;
    const auto added = assembler.add(message);
    REQUIRE(added.has_value());
    REQUIRE(added->has_value());
    EXPECT((*added)->options().size() > 1000);
  }

  TEST_CASE("bytes, parts and options are bounded") {
    EXPECT(add_one("PUSH_REPLY," + std::string(PushAssembler::kMaxBytes, 'x')) == "error");
    std::string commas = "PUSH_REPLY";
    for (std::size_t i = 0; i <= PushAssembler::kMaxOptions; ++i) commas += ",x";
    EXPECT(add_one(commas) == "error");
    PushAssembler assembler;
    for (std::size_t i = 0; i < PushAssembler::kMaxParts; ++i)
      EXPECT(outline(assembler.add("PUSH_REPLY,push-continuation 2")) == "...");
    EXPECT(outline(assembler.add("PUSH_REPLY,push-continuation 2")) == "error");
  }

  TEST_CASE("a renewed token is told from a reply about the tunnel") {
    const auto renews = [](std::string_view message) {
      PushAssembler assembler;
      return (*assembler.add(message))->only_renews_token();
    };
    EXPECT(renews("PUSH_REPLY,auth-token SESS_ID_AT_x"));
    EXPECT(renews("PUSH_REPLY,auth-token x,auth-token-user eA=="));
    EXPECT_FALSE(renews("PUSH_REPLY,auth-token x,ping 10"));
    EXPECT_FALSE(renews("PUSH_REPLY"));
  }
}

}  // namespace
}  // namespace sallyport::openvpn
