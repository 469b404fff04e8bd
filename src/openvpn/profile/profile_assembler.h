// Concludes from the lines of a profile what only the whole can tell: which remotes there are, with
// which wraps and ciphers, and whether the server can be told from an impostor (docs/protocol.md,
// "TLS and who the server is").
#pragma once

#include "openvpn/profile/profile_draft.h"
#include "openvpn/profile/profile_report.h"

namespace sallyport::openvpn {

// Completes draft.profile. Adds errors and warnings to `report`, and changes verdicts of lines that
// turn out not to fit each other; where the report is usable behind it, the profile is complete.
void assemble_profile(ProfileDraft& draft, ProfileReport& report);

}  // namespace sallyport::openvpn
