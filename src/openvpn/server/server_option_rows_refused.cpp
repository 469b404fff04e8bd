#include <array>

#include "openvpn/server/server_option_rows.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kProgram =
    "no program is ever run: delete the line if the server is right without it";
constexpr std::string_view kJudge =
    "no program is ever run, so it could keep nobody out: use client-config-dir with ccd-exclusive"
    " or 'disable', crl-verify or auth-user-file, and delete the line";
constexpr std::string_view kCode = "no code is ever loaded: delete the line";
constexpr std::string_view kToken =
    "keys in tokens and key stores need loaded code: write cert and key as PEM files";
constexpr std::string_view kHandsOut =
    "nothing is handed to other programs: delete the line, and what relies on it";
constexpr std::string_view kTap = "Ethernet tunnels (tap) are not supported: use 'dev tun'";
constexpr std::string_view kWeakens = "it switches off a protection of the tunnel: delete the line";
constexpr std::string_view kStaticKey =
    "static-key tunnels have no forward secrecy: write 'server', and certificates";
constexpr std::string_view kClient = "this is a client's option: is this the client's file?";
constexpr std::string_view kOneClient =
    "it is for one client: write it into its file of"
    " client-config-dir";
constexpr std::string_view kCommand =
    "it is a command of OpenVPN's own program, not a setting: delete the line";

constexpr std::array kRows = std::to_array<ServerReason>({
    // programs and code
    {"up", kProgram},
    {"down", kProgram},
    {"route-up", kProgram},
    {"route-pre-down", kProgram},
    {"ipchange", kProgram},
    {"client-disconnect", kProgram},
    {"learn-address", kProgram},
    {"iproute", kProgram},
    {"client-connect", kJudge},
    {"tls-verify", kJudge},
    {"client-crresponse",
     "no program is ever run, so nothing could judge an answer: delete the line"},
    {"auth-user-pass-verify", "no program is ever run: use auth-user-file"},
    {"tls-crypt-v2-verify",
     "no program is ever run: use tls-crypt-v2-max-age, -allow, -deny or -revoked"},
    {"plugin",
     "no code is ever loaded: passwords are checked by auth-user-file; delete the line if the"
     " server is right without it"},
    {"engine", kCode},
    {"pkcs11-providers", kCode},
    {"pkcs11-id", kToken},
    {"pkcs11-id-management", kToken},
    {"pkcs11-cert-private", kToken},
    {"pkcs11-pin-cache", kToken},
    {"pkcs11-private-mode", kToken},
    {"pkcs11-protected-authentication", kToken},
    {"pkcs11-id-type", kToken},
    {"pkcs11-sign-mode", kToken},
    {"pkcs11-slot", kToken},
    {"pkcs11-slot-type", kToken},
    {"cryptoapicert", kToken},
    {"tls-export-cert", kHandsOut},
    {"x509-track", kHandsOut},
    {"keying-material-exporter", kHandsOut},
    // who may come in, where it is another who says so
    {"management-client-auth",
     "another program would decide who may come in, and none is asked: use auth-user-file, or"
     " delete the line to let in whoever has a certificate"},
    {"management-client-pf",
     "packets are not filtered: use the firewall, without 'client-to-client'; delete the line"},
    {"management-external-cert", "the certificate has to be in a file: write 'cert FILE'"},
    {"management-external-key", "the key has to be in a file: write 'key FILE'"},
    {"capath", "a directory of authorities is not read: put those needed into one file for 'ca'"},
    {"override-username", "a client's name is what its certificate or login says: delete the line"},
    {"force-tls-key-material-export",
     "clients without it are not kept out; those with it always use it: delete the line"},
    {"ifconfig-push-constraint",
     "addresses of client-config-dir are not compared with it: look through them, and delete the"
     " line"},
    // sockets and the device
    {"multihome", "replies would have to choose their address: write a 'local' for each"},
    {"nobind", "a server has to bind: delete the line"},
    {"port-share",
     "another server's connections are not passed on: give each its own port or address"},
    {"fragment",
     "packets are not cut: use mssfix, and take the line out of clients' files as well"},
    {"dev-node", "the kernel makes the device: delete the line"},
    {"inetd", "it listens by itself: delete the line"},
    {"setcon", "the context is set from outside: SELinuxContext= in the service's unit"},
    {"client-nat", "addresses are not translated: use the firewall"},
    {"server-bridge", kTap},
    {"vlan-tagging", kTap},
    {"vlan-accept", kTap},
    {"vlan-pvid", kTap},
    // keys
    {"secret", kStaticKey},
    {"allow-deprecated-insecure-static-crypto", kStaticKey},
    {"no-replay", kWeakens},
    {"no-iv", kWeakens},
    {"tls-remote", "OpenVPN 2.4 removed it: write verify-x509-name NAME name"},
    {"scramble", "it belongs to a modified OpenVPN: take it out of clients' files as well"},
    {"config", "files are not included: put everything into one"},
    // of one client
    {"disable", kOneClient},
    {"ifconfig-push", kOneClient},
    {"ifconfig-ipv6-push", kOneClient},
    {"iroute", kOneClient},
    {"iroute-ipv6", kOneClient},
    {"push-remove", kOneClient},
    {"push-reset", kOneClient},
    // of clients
    {"client", kClient},
    {"tls-client", kClient},
    {"pull", kClient},
    {"remote", kClient},
    {"connection", kClient},
    {"auth-user-pass", kClient},
    {"auth-federate", kClient},
    {"http-proxy", kClient},
    {"http-proxy-option", kClient},
    {"http-proxy-user-pass", kClient},
    {"http-proxy-override", kClient},
    {"socks-proxy", kClient},
    {"redirect-gateway", "a server has no use for it: write push \"redirect-gateway def1\""},
    {"redirect-private", "a server has no use for it: write push \"redirect-private def1\""},
    // commands
    {"help", kCommand},
    {"version", kCommand},
    {"genkey", kCommand},
    {"test-crypto", kCommand},
    {"mktun", kCommand},
    {"rmtun", kCommand},
    {"show-adapters", kCommand},
    {"show-ciphers", kCommand},
    {"show-curves", kCommand},
    {"show-digests", kCommand},
    {"show-engines", kCommand},
    {"show-gateway", kCommand},
    {"show-groups", kCommand},
    {"show-net", kCommand},
    {"show-pkcs11-ids", kCommand},
    {"show-pkcs11-objects", kCommand},
    {"show-pkcs11-slots", kCommand},
    {"show-tls", kCommand},
    {"show-valid-subnets", kCommand},
});

}  // namespace

std::span<const ServerReason> options_refused_by_servers() {
  return kRows;
}

}  // namespace sallyport::openvpn
