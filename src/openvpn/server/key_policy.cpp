#include "openvpn/server/key_policy.h"

#include "base/check.h"

namespace sallyport::openvpn {

KeyPolicy::Verdict KeyPolicy::judge(const UnwrappedClientKey& key, base::WallTime now) const {
  if (!revoked.empty() && revoked.contains(fingerprint_of(key.key))) return Verdict::kRevoked;
  const KeyMetadata metadata = parse_metadata(key.metadata);
  if (max_age) {
    const auto* made = std::get_if<TimestampMetadata>(&metadata);
    if (made == nullptr) return Verdict::kNoTimestamp;
    // The keys are our own, but the clock may have been wrong: from the future is not old.
    if (now - made->made > *max_age) return Verdict::kTooOld;
  }
  const auto* user = std::get_if<UserMetadata>(&metadata);
  const std::string_view text = user == nullptr ? std::string_view() : base::text_of(user->bytes);
  if (user != nullptr && denied.contains(text)) return Verdict::kDenied;
  if (!allowed.empty() && (user == nullptr || !allowed.contains(text))) return Verdict::kNotAllowed;
  return Verdict::kGood;
}

std::string_view describe(KeyPolicy::Verdict verdict) {
  switch (verdict) {
    case KeyPolicy::Verdict::kGood:
      return "the key is good";
    case KeyPolicy::Verdict::kTooOld:
      return "the key is older than tls-crypt-v2-max-age";
    case KeyPolicy::Verdict::kNoTimestamp:
      return "the key says nothing about its age, and tls-crypt-v2-max-age asks";
    case KeyPolicy::Verdict::kNotAllowed:
      return "the key's metadata is not in tls-crypt-v2-allow";
    case KeyPolicy::Verdict::kDenied:
      return "the key's metadata is in tls-crypt-v2-deny";
    case KeyPolicy::Verdict::kRevoked:
      return "the key is in tls-crypt-v2-revoked";
  }
  CHECK(false);
}

}  // namespace sallyport::openvpn
