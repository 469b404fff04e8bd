#include "openvpn/session/down_reason.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace sallyport::openvpn {

namespace {

struct Words {
  std::string_view name;
  std::string_view hint;
};

// In the order of DownReason.
constexpr std::array<Words, static_cast<std::size_t>(DownReason::kCount)> kWords{{
    {"stopped", ""},
    {"name not resolved", "check the name in the profile, and whether the NetVM is online"},
    {"no connection",
     "nothing listens there, or something on the way refuses it: try another remote, port or "
     "proto"},
    {"no answer",
     "the server is away, packets are blocked on the way (try proto tcp or another port), or it"
     " drops ours since the key of tls-auth or tls-crypt, or key-direction, is another"},
    {"wrap rejected",
     "the key of tls-auth, tls-crypt or tls-crypt-v2, key-direction or auth is not the server's: "
     "get"
     " a fresh profile"},
    {"handshake timed out",
     "the server may refuse our certificate without a word, or large packets are lost on the way:"
     " check cert and key, or set max-packet-size 1000"},
    {"certificate refused",
     "this is not the server that the profile was made for, its certificate has run out, or this"
     " VM's clock is wrong"},
    {"TLS alert",
     "the server refuses us: our certificate may have run out or been revoked; get a fresh "
     "profile"},
    {"TLS failed",
     "the two ends have no version or cipher of TLS in common: look at tls-version-min, tls-cipher"
     " and tls-cert-profile"},
    {"key exchange failed", "this may be no OpenVPN server, or a very old one"},
    {"login refused",
     "check user name and password; the account may have expired or be in use elsewhere"},
    {"login wants an answer", "answer with 'sallyport ctl answer'"},
    {"login deferred", "it goes on by itself"},
    {"token expired", "it goes on by itself, with the password"},
    {"no push reply", "the server may wait for a second factor, or for its own login service"},
    {"no common cipher",
     "add the cipher that the server speaks of to data-ciphers, if 'sallyport check' takes it"},
    {"pushed options refused", "the reason names the option; pull-filter ignore leaves one out"},
    {"server asked for a restart", "it goes on by itself"},
    {"server sent HALT", "ask the provider why; 'sallyport ctl reconnect' tries again"},
    {"server left", "it goes on by itself"},
    {"server silent", "it goes on by itself; the network or the server was away"},
    {"idle", "the profile or the server ends idle or long sessions (inactive, session-timeout)"},
    {"keys worn out", "it goes on by itself"},
    {"stream broken", "it goes on by itself"},
}};
static_assert(!kWords.back().name.empty());

const Words& words_of(DownReason reason) {
  CHECK(reason < DownReason::kCount);
  return kWords[static_cast<std::size_t>(std::to_underlying(reason))];
}

}  // namespace

std::string_view describe(DownReason reason) {
  return words_of(reason).name;
}

std::string_view hint_for(DownReason reason) {
  return words_of(reason).hint;
}

}  // namespace sallyport::openvpn
