// The words under which reasons are shown and counted.
#include <set>
#include <string_view>

#include "openvpn/drop_reason.h"
#include "openvpn/session/down_reason.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

// Each value has a phrase of its own, of plain text.
template <class Reason>
void expect_phrases() {
  std::set<std::string_view> phrases;
  for (int i = 0; i < static_cast<int>(Reason::kCount); ++i) {
    const std::string_view phrase = describe(static_cast<Reason>(i));
    CAPTURE(phrase);
    EXPECT(phrase.size() >= 4);
    EXPECT(
        phrase.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "
                                 "-_,:") == std::string_view::npos);
    EXPECT(phrases.insert(phrase).second);
  }
}

TEST_SUITE("openvpn/reasons") {
  TEST_CASE("every reason for the end of a connection has words of its own") {
    expect_phrases<DownReason>();
    EXPECT(describe(DownReason::kNoAnswer) == "no answer");
    EXPECT(describe(DownReason::kStreamBroken) == "stream broken");
  }

  TEST_CASE("what a user can do something about comes with a hint of one line") {
    for (int i = 0; i < static_cast<int>(DownReason::kCount); ++i) {
      const std::string_view hint = hint_for(static_cast<DownReason>(i));
      EXPECT(hint.empty() == (static_cast<DownReason>(i) == DownReason::kStopped));
      EXPECT(hint.find('\n') == std::string_view::npos);
    }
    EXPECT(hint_for(DownReason::kQuestion).contains("ctl answer"));
    EXPECT(hint_for(DownReason::kCipher).contains("data-ciphers"));
  }

  TEST_CASE("every reason for a dropped packet has words of its own") {
    expect_phrases<DropReason>();
    EXPECT(describe(DropReason::kDataAuthentication) == "data authentication failed");
  }
}

}  // namespace
}  // namespace sallyport::openvpn
