// The options that make a profile unusable (docs/protocol.md, "Profiles"), and those whose work
// comes with a later release.
#include <array>

#include "openvpn/profile/option_table.h"

namespace sallyport::openvpn {
namespace {

constexpr OptionRow refuse(std::string_view name, std::string_view reason, int traits = kNone) {
  return {name, Verdict::kRefused, reason, {0, kMany}, static_cast<std::uint8_t>(traits), name};
}

constexpr std::string_view kRunsProgram =
    "it runs a program, and Sallyport never does; delete the line if the tunnel works without it";
constexpr std::string_view kLoadsCode =
    "it loads code into the process, and Sallyport never does; delete the line";
constexpr std::string_view kToken =
    "keys in tokens and key stores need loaded code; use cert and key as PEM files";
constexpr std::string_view kKeyElsewhere =
    "the key would come from another program; use cert and key as PEM files";
constexpr std::string_view kFiles =
    "a profile has no say over this VM's file system or devices; delete the line";
constexpr std::string_view kWeakens = "it switches off a protection of the tunnel; delete the line";
constexpr std::string_view kStaticKey =
    "static-key tunnels have no forward secrecy and no server identity; use TLS";
constexpr std::string_view kServer =
    "this is a server's option, for 'sallyport server --check' to judge; use the profile that the"
    " server made for its client";
constexpr std::string_view kCommand =
    "it is a command of OpenVPN's own program, not a setting; delete the line";

constexpr std::array kRows = {
    refuse("up", kRunsProgram),
    refuse("down", kRunsProgram),
    refuse("route-up", kRunsProgram),
    refuse("route-pre-down", kRunsProgram),
    refuse("ipchange", kRunsProgram),
    refuse("tls-verify", kRunsProgram),
    refuse("tls-crypt-v2-verify", kRunsProgram),
    refuse("auth-user-pass-verify", kRunsProgram),
    refuse("client-connect", kRunsProgram),
    refuse("client-disconnect", kRunsProgram),
    refuse("client-crresponse", kRunsProgram),
    refuse("learn-address", kRunsProgram),
    refuse("dns-updown", kRunsProgram),
    refuse("plugin", kLoadsCode),
    refuse("pkcs11-providers", kLoadsCode),
    refuse("pkcs11-id", kToken),
    refuse("pkcs11-id-management", kToken),
    refuse("pkcs11-cert-private", kToken),
    refuse("pkcs11-pin-cache", kToken),
    refuse("pkcs11-private-mode", kToken),
    refuse("pkcs11-protected-authentication", kToken),
    refuse("pkcs11-id-type", kToken),
    refuse("pkcs11-sign-mode", kToken),
    refuse("pkcs11-slot", kToken),
    refuse("pkcs11-slot-type", kToken),
    refuse("cryptoapicert", kToken),

    refuse("management-external-cert", kKeyElsewhere),
    refuse("management-external-key", kKeyElsewhere),

    refuse("config", "a profile cannot include other files; put everything into one"),
    refuse("inetd", kFiles),
    refuse("capath", "a directory of authorities is not read; put the one needed into ca"),

    refuse("secret", kStaticKey, kBlock),
    refuse("allow-deprecated-insecure-static-crypto", kStaticKey),
    refuse("no-replay", kWeakens),
    refuse("no-iv", kWeakens),
    refuse("client-nat", "it rewrites AppVMs' addresses inside the tunnel; delete the line"),
    refuse("http-proxy-override", "it is for programs that start OpenVPN, and replaces http-proxy; write http-proxy instead"),
    refuse("tls-remote", "OpenVPN 2.4 removed it; write verify-x509-name NAME name instead"),
    refuse("auth-federate",
           "it is of AWS' own client, for logins by browser (SAML); write auth-user-pass, and log in"
           " as N/A with the password ACS::35001: the page is then shown as a question"),
    refuse("scramble",
           "it belongs to a modified OpenVPN that hides its traffic; ask the provider"
           " for a profile without it"),

    refuse("server", kServer),
    refuse("server-ipv6", kServer),
    refuse("server-bridge", kServer),
    refuse("tls-server", kServer),
    refuse("auth-gen-token", kServer),
    refuse("auth-gen-token-secret", kServer, kBlock),
    refuse("auth-user-pass-optional", kServer),
    refuse("ccd-exclusive", kServer),
    refuse("client-cert-not-required", kServer),
    refuse("client-config-dir", kServer),
    refuse("client-to-client", kServer),
    refuse("connect-freq", kServer),
    refuse("connect-freq-initial", kServer),
    refuse("disable", kServer),
    refuse("duplicate-cn", kServer),
    refuse("force-tls-key-material-export", kServer),
    refuse("ifconfig-ipv6-pool", kServer),
    refuse("ifconfig-ipv6-push", kServer),
    refuse("ifconfig-pool", kServer),
    refuse("ifconfig-pool-linear", kServer),
    refuse("ifconfig-pool-persist", kServer),
    refuse("ifconfig-push", kServer),
    refuse("ifconfig-push-constraint", kServer),
    refuse("iroute", kServer),
    refuse("iroute-ipv6", kServer),
    refuse("max-clients", kServer),
    refuse("max-routes-per-client", kServer),
    refuse("override-username", kServer),
    refuse("port-share", kServer),
    refuse("push", kServer),
    refuse("push-remove", kServer),
    refuse("push-reset", kServer),
    refuse("stale-routes-check", kServer),
    refuse("tls-crypt-v2-max-age", kServer),
    refuse("username-as-common-name", kServer),
    refuse("verify-client-cert", kServer),
    refuse("vlan-accept", kServer),
    refuse("vlan-pvid", kServer),
    refuse("vlan-tagging", kServer),
    refuse("x509-username-field", kServer),

    refuse("help", kCommand),
    refuse("version", kCommand),
    refuse("genkey", kCommand),
    refuse("test-crypto", kCommand),
    refuse("mktun", kCommand),
    refuse("rmtun", kCommand),
    refuse("show-adapters", kCommand),
    refuse("show-ciphers", kCommand),
    refuse("show-curves", kCommand),
    refuse("show-digests", kCommand),
    refuse("show-engines", kCommand),
    refuse("show-gateway", kCommand),
    refuse("show-groups", kCommand),
    refuse("show-net", kCommand),
    refuse("show-pkcs11-ids", kCommand),
    refuse("show-pkcs11-objects", kCommand),
    refuse("show-pkcs11-slots", kCommand),
    refuse("show-tls", kCommand),
    refuse("show-valid-subnets", kCommand),

};

}  // namespace

std::span<const OptionRow> refused_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
