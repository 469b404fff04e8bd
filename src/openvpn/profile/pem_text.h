// PEM text of certificates and revocation lists as profiles have them: with comments around, and
// now and then a private key in the same file.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::openvpn {

// The blocks labelled "CERTIFICATE" (or OpenSSL's other two names for one), one behind the other,
// and nothing else of `text`: what is copied here is public.
std::string certificates_in(std::string_view text);
// The same for "X509 CRL".
std::string revocation_lists_in(std::string_view text);

// The name of a public certificate authority among these certificates: one from which anyone can
// have a certificate. Found by its name, so a good guess and no more.
std::optional<std::string_view> public_authority_in(std::string_view certificates);

}  // namespace sallyport::openvpn
