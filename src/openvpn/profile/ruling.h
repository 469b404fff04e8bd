// What becomes of one option, and why: the same three answers for a line of a profile and for an
// option that a server pushed (docs/protocol.md, "Profiles").
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace sallyport::openvpn {

enum class Verdict {
  kHonoured,  // it has the effect it names
  kIgnored,   // it has none here, and that is harmless
  kRefused,   // it would weaken a promise, run code, or cannot be done: the profile is not used,
              // the pushed option has no effect
};

// "honoured", "ignored", "refused"
std::string_view name_of(Verdict verdict);

struct Ruling {
  Verdict verdict = Verdict::kHonoured;
  std::string reason;  // a clause fit for a user; may be empty when honoured
};

inline Ruling honoured(std::string reason = {}) {
  return {Verdict::kHonoured, std::move(reason)};
}
inline Ruling ignored(std::string reason) {
  return {Verdict::kIgnored, std::move(reason)};
}
inline Ruling refused(std::string reason) {
  return {Verdict::kRefused, std::move(reason)};
}

}  // namespace sallyport::openvpn
