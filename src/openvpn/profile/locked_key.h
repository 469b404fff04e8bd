// Private keys that are encrypted: opened with a passphrase of the file's (askpass), or kept until
// a person has typed one.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "crypto/tls.h"
#include "openvpn/profile/profile.h"
#include "openvpn/profile/profile_draft.h"
#include "openvpn/profile/profile_report.h"

namespace sallyport::openvpn {

// Opens profile.locked_key, which is there, and takes it away: `profile.tls` then has key and
// certificate, and the result is made of them. On an error, a clause for a user, the profile is as
// it was, so that the next passphrase can be tried.
std::expected<std::unique_ptr<crypto::TlsFactory>, std::string> unlock(Profile& profile,
                                                                       std::string_view passphrase);

// For readers of files, behind the last line: uses the passphrase of askpass, if there is one, and
// rules the lines by what comes of it.
void settle_locked_key(ProfileDraft& draft, ProfileReport& report);

}  // namespace sallyport::openvpn
