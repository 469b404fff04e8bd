// Can the server be recognised, and told from an impostor, by what the profile says?
// (docs/protocol.md, "TLS and who the server is")
#pragma once

#include <string>
#include <string_view>

#include "openvpn/profile/profile_draft.h"
#include "openvpn/profile/profile_report.h"

namespace sallyport::openvpn {

class TrustCheck {
 public:
  // Both are borrowed; every line has been ruled.
  TrustCheck(ProfileDraft& draft, ProfileReport& report)
      : draft_(draft), tls_(draft.profile.tls), report_(report) {}

  // Completes the identity that the server must prove, and lets the TLS library judge the rest.
  void check();

 private:
  void refuse(std::string_view setting, std::string reason);
  void warn(std::string_view option, std::string text);

  bool names_trust_anchor() const;
  void check_certificates();
  void check_server_identity();
  void check_login();
  void check_tls();

  ProfileDraft& draft_;
  crypto::TlsConfig& tls_;
  ProfileReport& report_;
};

}  // namespace sallyport::openvpn
