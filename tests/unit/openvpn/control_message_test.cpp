#include "openvpn/push/control_message.h"

#include <algorithm>

#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

template <class Message>
Message parse(std::string_view text) {
  auto parsed = parse_control_message(text);
  REQUIRE(parsed.has_value());
  REQUIRE(std::holds_alternative<Message>(*parsed));
  return std::get<Message>(std::move(*parsed));
}

template <class Message>
bool is(std::string_view text) {
  const auto parsed = parse_control_message(text);
  return parsed && std::holds_alternative<Message>(*parsed);
}

TEST_SUITE("openvpn/control_message") {
  TEST_CASE("a push reply is kept whole, as a secret") {
    EXPECT(parse<PushReplyMessage>("PUSH_REPLY,ping 10,auth-token x").text.reveal_text() ==
           "PUSH_REPLY,ping 10,auth-token x");
    EXPECT(is<PushReplyMessage>("PUSH_REPLY"));
    EXPECT(is<PushUpdateMessage>("PUSH_UPDATE,dns server 0 address 1.1.1.1"));
    EXPECT(is<UnknownMessage>("PUSH_REPLYX"));
  }

  TEST_CASE("a login that failed for good") {
    EXPECT(parse<AuthFailed>("AUTH_FAILED").reason == "");
    EXPECT(parse<AuthFailed>("AUTH_FAILED,Data channel cipher negotiation failed").reason ==
           "Data channel cipher negotiation failed");
    EXPECT(parse<AuthFailed>("AUTH_FAILED,TEMPORARY trouble").reason == "TEMPORARY trouble");
    EXPECT(parse<SessionExpired>("AUTH_FAILED,SESSION: token expired").reason == " token expired");
  }

  TEST_CASE("a login to be tried again") {
    const auto full = parse<TemporarilyRefused>("AUTH_FAILED,TEMP[backoff 42,advance addr]:busy");
    EXPECT(full.back_off == seconds(42));
    EXPECT(full.advance == Advance::kNextAddress);
    EXPECT(full.reason == "busy");
    EXPECT(parse<TemporarilyRefused>("AUTH_FAILED,TEMP").advance == Advance::kUnsaid);
    EXPECT(parse<TemporarilyRefused>("AUTH_FAILED,TEMP:later").reason == "later");
    EXPECT(parse<TemporarilyRefused>("AUTH_FAILED,TEMP[advance no]").advance ==
           Advance::kSameAddress);
    EXPECT(parse<TemporarilyRefused>("AUTH_FAILED,TEMP[advance remote]:").advance ==
           Advance::kNextRemote);
    EXPECT(parse<TemporarilyRefused>("AUTH_FAILED,TEMP[backoff 4294967295]").back_off ==
           kMaxBackOff);
    for (const char* text : {"AUTH_FAILED,TEMP[backoff -1]", "AUTH_FAILED,TEMP[backoff]",
                             "AUTH_FAILED,TEMP[backoff 1e9,,,]", "AUTH_FAILED,TEMP[]",
                             "AUTH_FAILED,TEMP[", "AUTH_FAILED,TEMP[backoff 5"}) {
      CAPTURE(text);
      EXPECT_FALSE(parse<TemporarilyRefused>(text).back_off.has_value());
    }
  }

  TEST_CASE("a challenge keeps its state, its user and its question") {
    const auto challenge =
        parse<DynamicChallenge>("AUTH_FAILED,CRV1:R,E:state/1+=:bWU=:Enter PIN: now");
    EXPECT(challenge.response_required);
    EXPECT(challenge.echo);
    EXPECT(challenge.state_id.reveal_text() == "state/1+=");
    EXPECT(challenge.username.reveal_text() == "me");
    EXPECT(challenge.question == "Enter PIN: now");
    EXPECT_FALSE(parse<DynamicChallenge>("AUTH_FAILED,CRV1::s:bWU=:q").response_required);
    for (const char* text :
         {"AUTH_FAILED,CRV1:", "AUTH_FAILED,CRV1:R:s:bWU=", "AUTH_FAILED,CRV1:R:s:***:q"})
      EXPECT(is<AuthFailed>(text));
  }

  TEST_CASE("waiting for a second factor") {
    EXPECT_FALSE(parse<AuthPending>("AUTH_PENDING").timeout.has_value());
    EXPECT(parse<AuthPending>("AUTH_PENDING,timeout 60").timeout == seconds(60));
    EXPECT(parse<AuthPending>("AUTH_PENDING,new thing,timeout 5").timeout == seconds(5));
    EXPECT(parse<AuthPending>("AUTH_PENDING,timeout 4294967295").timeout == seconds(86400));
    EXPECT_FALSE(parse<AuthPending>("AUTH_PENDING,timeout -1").timeout.has_value());
    EXPECT_FALSE(parse<AuthPending>("AUTH_PENDING,timeout").timeout.has_value());
  }

  TEST_CASE("restart and halt with their flags") {
    EXPECT(parse<RestartMessage>("RESTART").reason == "");
    const auto restart = parse<RestartMessage>("RESTART,[PN]going down");
    EXPECT(restart.keep_token);
    EXPECT(restart.next_remote);
    EXPECT(restart.reason == "going down");
    EXPECT_FALSE(parse<RestartMessage>("RESTART,PN").keep_token);
    EXPECT_FALSE(parse<RestartMessage>("RESTART,[PN").keep_token);
    EXPECT(parse<HaltMessage>("HALT,[]bye").reason == "bye");
    EXPECT(is<ExitMessage>("EXIT"));
    EXPECT(is<UnknownMessage>("EXIT,now"));
  }

  TEST_CASE("information for the user; only https addresses are addresses") {
    const auto web =
        parse<InfoMessage>("INFO_PRE,WEB_AUTH:hidden,external:https://sso.example/?a=b:c");
    EXPECT(web.before_push);
    EXPECT(web.kind == InfoKind::kWebAuth);
    EXPECT(web.flags == "hidden,external");
    EXPECT(web.text == "https://sso.example/?a=b:c");
    EXPECT(parse<InfoMessage>("INFO,OPEN_URL:https://x.example/").kind == InfoKind::kOpenUrl);
    const auto question = parse<InfoMessage>("INFO_PRE,CR_TEXT:R,E:PIN?");
    EXPECT(question.kind == InfoKind::kChallengeText);
    EXPECT(question.flags == "R,E");
    EXPECT(question.text == "PIN?");
    for (const char* text :
         {"INFO,OPEN_URL:http://x", "INFO,OPEN_URL:javascript:alert(1)",
          "INFO,WEB_AUTH::file:///etc/passwd", "INFO,hello", "INFO", "INFO,OPEN_URL"}) {
      CAPTURE(text);
      EXPECT(parse<InfoMessage>(text).kind == InfoKind::kOther);
    }
    const std::string long_url = "INFO,OPEN_URL:https://" + std::string(3000, 'x');
    EXPECT(parse<InfoMessage>(long_url).kind == InfoKind::kOther);
  }

  TEST_CASE("messages of the future are unknown, and only their first word is shown") {
    EXPECT(parse<UnknownMessage>("ACC,proto,6,secret").command == "ACC");
    EXPECT(parse<UnknownMessage>("push_reply,x").command == "push_reply");
    EXPECT(is<UnknownMessage>(","));
  }

  TEST_CASE("R18: bytes that are no text are escaped, or make pushed options be dropped") {
    for (int byte = 1; byte < 256; ++byte) {
      CAPTURE(byte);
      const std::string bytes = "a" + std::string(1, static_cast<char>(byte)) + "b";
      const bool ascii = byte >= 0x20 && byte <= 0x7e;
      const std::string shown = parse<AuthFailed>("AUTH_FAILED," + bytes).reason;
      EXPECT((shown == bytes) == (ascii && byte != '\\'));
      EXPECT(std::ranges::all_of(shown, [](char c) { return c >= 0x20 && c <= 0x7e; }));
      EXPECT(parse_control_message("PUSH_REPLY," + bytes).has_value() == ascii);
    }
    EXPECT(parse_control_message("PUSH_UPDATE,\x1b").error() == ControlMessageError::kNotPrintable);
    EXPECT(is<ExitMessage>("EXIT\r\n"));
    EXPECT(is<ExitMessage>("EXIT\n\n"));
    EXPECT(parse_control_message("").error() == ControlMessageError::kEmpty);
    EXPECT(parse_control_message("\r\n").error() == ControlMessageError::kEmpty);
    EXPECT(parse<UnknownMessage>("\nEXIT").command == "\\x0aEXIT");
  }

  TEST_CASE("texts in other letters than ASCII's are understood and kept") {
    EXPECT(parse<AuthFailed>("AUTH_FAILED,Ung\xc3\xbcltig").reason == "Ung\xc3\xbcltig");
    EXPECT(parse<AuthFailed>("AUTH_FAILED,Ung\xfcltig").reason == "Ung\\xfcltig");
    EXPECT(parse<DynamicChallenge>("AUTH_FAILED,CRV1:R,E:st:YQ==:C\xc3\xb3"
                                   "digo:")
               .question ==
           "C\xc3\xb3"
           "digo:");
    const auto info = parse<InfoMessage>("INFO_PRE,CR_TEXT:R,E:Code f\xc3\xbcr alice");
    EXPECT(info.kind == InfoKind::kChallengeText);
    EXPECT(info.text == "Code f\xc3\xbcr alice");
    EXPECT(
        is<PushReplyMessage>("PUSH_REPLY,dhcp-option DOMAIN b\xc3\xbc"
                             "cher.example"));
    EXPECT(parse<InfoMessage>("INFO_PRE,OPEN_URL:https://b\xc3\xbc"
                              "cher.example")
               .kind == InfoKind::kOther);
  }

  TEST_CASE("every text is bounded") {
    const std::string long_text(5000, 'x');
    EXPECT(parse<AuthFailed>("AUTH_FAILED," + long_text).reason.size() <= kMaxMessageText + 3);
    EXPECT(parse<UnknownMessage>(long_text).command.size() < 100);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
