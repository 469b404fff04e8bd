// The options that have an effect here (docs/protocol.md, "Profiles").
#include <array>

#include "openvpn/profile/option_table.h"

namespace sallyport::openvpn {
namespace {

constexpr OptionRow honour(std::string_view name, ArgumentCount arguments, int traits = kNone,
                           std::string_view setting = {}) {
  return {name,
          Verdict::kHonoured,
          {},
          arguments,
          static_cast<std::uint8_t>(traits),
          setting.empty() ? name : setting};
}

constexpr std::array kRows = {
    // the role
    honour("client", {0, 0}),
    honour("tls-client", {0, 0}),
    honour("pull", {0, 0}),
    honour("mode", {1, 1}),
    honour("dev", {1, 1}),
    honour("dev-type", {1, 1}),
    honour("topology", {1, 1}),
    // where to
    honour("remote", {1, 3}, kInConnection | kList),
    honour("connection", {0, 0}, kBlock | kList),
    honour("remote-random", {0, 0}),
    honour("remote-random-hostname", {0, 0}),
    honour("proto", {1, 1}, kInConnection),
    honour("proto-force", {1, 1}),
    honour("port", {1, 1}, kInConnection),
    honour("rport", {1, 1}, kInConnection),
    honour("lport", {1, 1}, kInConnection),
    honour("bind", {0, 1}, kInConnection),
    honour("nobind", {0, 0}, kInConnection),
    honour("connect-retry", {1, 2}, kInConnection),
    honour("connect-retry-max", {1, 1}, kInConnection),
    honour("connect-timeout", {1, 1}, kInConnection),
    honour("server-poll-timeout", {1, 1}, kInConnection, "connect-timeout"),
    honour("explicit-exit-notify", {0, 1}, kInConnection),
    honour("max-packet-size", {1, 1}, kInConnection),
    honour("http-proxy", {1, 4}, kInConnection),
    honour("http-proxy-option", {1, 3}, kInConnection | kList),
    honour("http-proxy-user-pass", {1, kMany}, kBlock),
    honour("socks-proxy", {1, 3}, kInConnection),
    // whom to trust
    honour("ca", {1, 1}, kBlock),
    honour("cert", {1, 1}, kBlock),
    honour("key", {1, 1}, kBlock),
    honour("extra-certs", {1, 1}, kBlock),
    honour("pkcs12", {1, 1}, kBlock),
    honour("askpass", {0, 1}, kBlock),
    honour("verify-hash", {1, 2}, kBlock),
    honour("crl-verify", {1, 2}, kBlock),
    honour("peer-fingerprint", {1, 1}, kBlock | kList),
    honour("remote-cert-tls", {1, 1}),
    honour("remote-cert-ku", {0, kMany}),
    honour("remote-cert-eku", {1, 1}),
    honour("ns-cert-type", {1, 1}),
    honour("verify-x509-name", {1, 2}),
    honour("tls-cert-profile", {1, 1}),
    // how control packets are wrapped, and TLS
    honour("tls-auth", {1, 2}, kInConnection | kBlock),
    honour("tls-crypt", {1, 2}, kInConnection | kBlock),
    honour("tls-crypt-v2", {1, 2}, kInConnection | kBlock),
    honour("key-direction", {1, 1}, kInConnection),
    honour("tls-version-min", {1, 2}),
    honour("tls-version-max", {1, 1}),
    honour("tls-cipher", {1, 1}),
    honour("tls-ciphersuites", {1, 1}),
    honour("tls-groups", {1, 1}),
    honour("ecdh-curve", {1, 1}, kNone, "tls-groups"),
    // the data channel
    honour("cipher", {1, 1}),
    honour("data-ciphers", {1, 1}),
    honour("ncp-ciphers", {1, 1}, kNone, "data-ciphers"),
    honour("data-ciphers-fallback", {1, 1}),
    honour("auth", {1, 1}),
    honour("replay-window", {0, 2}),
    honour("comp-lzo", {0, 1}, kNone, "compress"),
    honour("compress", {0, 1}),
    honour("allow-compression", {1, 1}),
    // the login
    honour("auth-user-pass", {0, 1}, kBlock),
    honour("auth-token", {1, 1}),
    honour("auth-token-user", {1, 1}),
    honour("auth-retry", {1, 1}),
    honour("static-challenge", {2, 3}),
    // timers
    honour("reneg-sec", {1, 2}),
    honour("reneg-bytes", {1, 1}),
    honour("reneg-pkts", {1, 1}),
    honour("hand-window", {1, 1}),
    honour("tran-window", {1, 1}),
    honour("tls-timeout", {1, 1}),
    honour("ping", {1, 1}),
    honour("ping-restart", {1, 1}),
    honour("ping-exit", {1, 1}, kNone, "ping-restart"),
    honour("keepalive", {2, 2}),
    honour("inactive", {1, 2}),
    honour("session-timeout", {1, 1}),
    // sizes
    honour("tun-mtu", {1, 2}, kInConnection),
    honour("mssfix", {0, 2}, kInConnection),
    honour("fragment", {1, 2}, kInConnection),
    // addresses, routes and names
    honour("ifconfig", {2, 2}),
    honour("ifconfig-ipv6", {1, 2}),
    honour("route", {1, 4}, kList),
    honour("route-ipv6", {1, 3}, kList),
    honour("route-gateway", {1, 1}),
    honour("redirect-gateway", {0, kMany}, kList),
    honour("redirect-private", {0, kMany}, kList),
    honour("route-nopull", {0, 0}),
    honour("block-ipv4", {0, 0}),  // OpenVPN 3 only
    honour("block-ipv6", {0, 0}),
    honour("dhcp-option", {1, kMany}, kList),
    honour("dns", {1, kMany}, kList),
    honour("pull-filter", {2, 2}, kList),
    // the rest
    honour("setenv", {1, 2}, kList),
    honour("ignore-unknown-option", {1, kMany}, kList),
    honour("push-peer-info", {0, 1}),
};

}  // namespace

std::span<const OptionRow> honoured_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
