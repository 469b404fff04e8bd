// The options that have no effect here, where that is harmless (docs/protocol.md, "Profiles"), and
// those that only concern how another program runs.
#include <array>

#include "openvpn/profile/option_table.h"

namespace sallyport::openvpn {
namespace {

constexpr OptionRow ignore(std::string_view name, ArgumentCount arguments, std::string_view reason,
                           int traits = kNone) {
  return {name, Verdict::kIgnored, reason, arguments, static_cast<std::uint8_t>(traits), name};
}

constexpr ArgumentCount kAnyNumber{0, kMany};

constexpr std::string_view kAlwaysSo = "it is always so here";
constexpr std::string_view kNotLinux = "it concerns Windows only";
constexpr std::string_view kTuning = "it tunes the inner workings of OpenVPN's own program";
constexpr std::string_view kPlainLogging = "Sallyport has its own log and status";
constexpr std::string_view kOwnService = "the service unit decides how Sallyport runs";
constexpr std::string_view kUplinkOnly =
    "tunnel packets leave by the interface that --uplink names, with its own address";
constexpr std::string_view kNoHostNetwork =
    "AppVMs' packets never pass through this VM's kernel, so it has nothing to set up there";
constexpr std::string_view kNoScripts = "no script ever runs, so there is nothing to arrange";
constexpr std::string_view kBuffers = "Sallyport chooses its socket buffers itself";
constexpr std::string_view kObsoleteSize = "it is obsolete; tun-mtu and mssfix decide sizes";
constexpr std::string_view kServerSays = "it has a meaning only when the server pushes it";
constexpr std::string_view kNoManagement =
    "no other program controls the gateway; 'sallyport status' and 'sallyport ctl' do";
constexpr std::string_view kNoOtherCode =
    "Sallyport loads no other code; what the tunnel needs is in every OpenSSL";
constexpr std::string_view kNobodySees = "only scripts and plugins would see it, and none runs";
constexpr std::string_view kTunnelOnly = "everything goes into the tunnel, whatever its metric";

constexpr std::array kRows = {
    ignore("persist-tun", {0, 0}, kAlwaysSo),
    ignore("persist-key", {0, 0}, kAlwaysSo),
    ignore("persist-remote-ip", {0, 0}, "the server's address may be looked up again"),
    ignore("persist-local-ip", {0, 0}, kAlwaysSo),
    ignore("tun-ipv6", {0, 0}, kAlwaysSo, kInConnection),
    ignore("fast-io", {0, 0}, kAlwaysSo),
    ignore("opt-verify", {0, 0}, kTuning),
    ignore("prng", {1, 2}, "random numbers come from the system", kInConnection),
    ignore("tmp-dir", {1, 1}, "no temporary files are made"),
    ignore("tcp-nodelay", {0, 0}, kAlwaysSo),
    ignore("max-routes", {0, 1}, "routes cost nothing here", kInConnection),
    ignore("no-name-remapping", {0, 0}, kAlwaysSo),
    ignore("compat-names", kAnyNumber, "names are read the modern way"),
    ignore("txqueuelen", {1, 1}, kNoHostNetwork),
    ignore("route-delay", {0, 2}, "routes are there at once"),
    ignore("route-method", {1, 1}, kNotLinux),
    ignore("ip-win32", kAnyNumber, kNotLinux),
    ignore("tap-sleep", kAnyNumber, kNotLinux),
    ignore("show-net-up", kAnyNumber, kNotLinux),
    ignore("register-dns", kAnyNumber, kNotLinux),
    ignore("dhcp-renew", kAnyNumber, kNotLinux),
    ignore("dhcp-release", kAnyNumber, kNotLinux),
    ignore("dhcp-pre-release", kAnyNumber, kNotLinux),
    ignore("dhcp-internal", kAnyNumber, kNotLinux),
    ignore("rdns-internal", kAnyNumber, kNotLinux),
    ignore("windows-driver", kAnyNumber, kNotLinux),
    ignore("win-sys", kAnyNumber, kNotLinux),
    ignore("allow-nonadmin", kAnyNumber, kNotLinux),
    ignore("pause-exit", kAnyNumber, kNotLinux),
    ignore("service", kAnyNumber, kNotLinux),
    ignore("block-outside-dns", kAnyNumber, "no query ever leaves beside the tunnel"),
    ignore("machine-readable-output", {0, 0}, kPlainLogging),
    ignore("suppress-timestamps", {0, 0}, kPlainLogging),
    ignore("errors-to-stderr", {0, 0}, kPlainLogging),
    ignore("verb", {1, 1}, kPlainLogging),
    ignore("mute", {1, 1}, kPlainLogging),
    ignore("mute-replay-warnings", {0, 0}, "replayed packets are counted, not logged"),
    ignore("log", {1, 1}, kPlainLogging),
    ignore("log-append", {1, 1}, kPlainLogging),
    ignore("syslog", {0, 1}, kPlainLogging),
    ignore("status", {1, 2}, kPlainLogging),
    ignore("status-version", {1, 1}, kPlainLogging),
    ignore("echo", kAnyNumber, kPlainLogging),
    ignore("parameter", kAnyNumber, kPlainLogging),
    ignore("nice", {1, 1}, kOwnService),
    ignore("mlock", {0, 0}, "memory is not locked; secrets are wiped when they are no longer used"),
    ignore("user", {1, 1}, kOwnService),
    ignore("group", {1, 1}, kOwnService),
    ignore("daemon", {0, 1}, kOwnService),
    ignore("cd", {1, 1}, "files are looked for beside the profile only"),
    ignore("writepid", {1, 1}, kOwnService),
    ignore("setcon", kAnyNumber, kOwnService),
    ignore("chroot", {1, 1}, kOwnService),
    ignore("script-security", {1, 1}, "no script ever runs, at any level"),
    ignore("up-delay", {0, 0}, kNoScripts),
    ignore("up-restart", {0, 0}, kNoScripts),
    ignore("down-pre", {0, 0}, kNoScripts),
    ignore("setenv-safe", {1, 2}, kNoScripts, kList),
    ignore("foreign-option", kAnyNumber, kNoScripts),
    ignore("preresolve", {0, 1}, "names are looked up while connecting only"),
    ignore("resolv-retry", {1, 1}, "names are looked up again at every attempt to connect"),
    ignore("http-proxy-retry", kAnyNumber, "it is always tried again", kInConnection),
    ignore("http-proxy-timeout", {1, 1}, "connect-timeout holds for the proxy too", kInConnection),
    ignore("socks-proxy-retry", kAnyNumber, "it is always tried again", kInConnection),
    ignore("ip-remote-hint", {0, 1}, "the server's address comes from the remote lines"),
    ignore("local", {1, 1}, kUplinkOnly, kInConnection),
    ignore("bind-dev", {1, kMany}, kUplinkOnly),
    ignore("mark", {1, 1}, kUplinkOnly),
    ignore("multihome", {0, 0}, kUplinkOnly),
    ignore("float", {0, 0},
           "packets are taken from the chosen address of the remote only, which the lock on the"
           " uplink enforces too",
           kInConnection),
    ignore("route-table", kAnyNumber, kNoHostNetwork),
    ignore("ifconfig-nowarn", {0, 0}, kNoHostNetwork),
    ignore("ifconfig-noexec", {0, 0}, kNoHostNetwork),
    ignore("route-noexec", {0, 0}, "it cannot open a way beside the tunnel here"),
    ignore("allow-recursive-routing", {0, 0}, "tunnel packets can never enter the tunnel"),
    ignore("lladdr", {1, 1}, kNoHostNetwork),
    ignore("route-metric", {1, 1}, kTunnelOnly),
    ignore("route-ipv6-gateway", {1, 1}, "everything goes into the tunnel", kInConnection),
    ignore("allow-pull-fqdn", {0, 0}, "names in pushed routes are never looked up"),
    ignore("remap-usr1", {1, 1}, "Sallyport reconnects by itself"),
    ignore("tls-exit", {0, 0}, "a TLS failure blocks AppVMs and reconnects; the process stays"),
    ignore("single-session", {0, 0}, "a later session must prove the same server anyway"),
    ignore("ping-timer-rem", {0, 0}, "timers run only while there is a server"),
    ignore("mtu-test", {0, 0}, kTuning),
    ignore("mtu-disc", {1, 1}, "Sallyport finds the path's MTU itself", kInConnection),
    ignore("mtu-dynamic", kAnyNumber, kObsoleteSize, kInConnection),
    ignore("link-mtu", {1, 1}, kObsoleteSize, kInConnection),
    ignore("udp-mtu", {1, 1}, kObsoleteSize, kInConnection),
    ignore("tun-mtu-extra", {1, 1}, kObsoleteSize, kInConnection),
    ignore("tun-mtu-max", {1, 2}, "a pushed tun-mtu of up to 1600 is taken", kInConnection),
    ignore("sndbuf", {1, 1}, kBuffers),
    ignore("rcvbuf", {1, 1}, kBuffers),
    ignore("socket-flags", kAnyNumber, kBuffers),
    ignore("passtos", {0, 0}, "the outer packets tell nothing about the inner ones"),
    ignore("shaper", {1, 1}, "traffic is not shaped"),
    ignore("replay-persist", {1, 1}, "replay protection begins anew with each key"),
    ignore("use-prediction-resistance", kAnyNumber, "random numbers come from the system"),
    ignore("disable-dco", kAnyNumber, "Sallyport never uses OpenVPN's kernel module",
           kInConnection),
    ignore("disable-occ", {0, 0}, "a difference of options never ends a connection"),
    ignore("bcast-buffers", {1, 1}, kTuning),
    ignore("tcp-queue-limit", {1, 1}, kTuning),
    ignore("hash-size", {2, 2}, kTuning),
    ignore("memstats", {1, 1}, kTuning),
    ignore("gremlin", {1, 1}, kTuning),
    ignore("ncp-disable", {0, 0}, "the cipher is always negotiated, as in OpenVPN 2.6"),
    ignore("key-method", {1, 1}, "method 2 is the only one there is"),
    ignore("keysize", {1, 1}, "each cipher has one key size"),
    ignore("compat-mode", {1, 2}, "what is safe for older servers is done anyway", kInConnection),
    ignore("comp-noadapt", {0, 0}, "what is sent is not compressed"),
    ignore("auth-nocache", {0, 0},
           "a login from a file would be read again as well; it is kept in memory that is wiped"),
    ignore("dev-node", {1, 1}, kNoHostNetwork),
    ignore("iproute", {1, 1}, kNoHostNetwork),
    ignore("engine", {0, 1}, kNoOtherCode),
    ignore("providers", {1, kMany}, kNoOtherCode, kInConnection),
    ignore("x509-track", {1, 1}, kNobodySees),
    ignore("tls-export-cert", {1, 1}, kNobodySees),
    ignore("keying-material-exporter", {2, kMany}, kNobodySees),
    ignore("management", {2, 3}, kNoManagement),
    ignore("management-client", {0, 0}, kNoManagement),
    ignore("management-client-auth", {0, 0}, kNoManagement),
    ignore("management-client-group", {1, 1}, kNoManagement),
    ignore("management-client-user", {1, 1}, kNoManagement),
    ignore("management-client-pf", {0, 0}, kNoManagement),
    ignore("management-forget-disconnect", {0, 0}, kNoManagement),
    ignore("management-hold", {0, 0}, kNoManagement),
    ignore("management-log-cache", {1, 1}, kNoManagement),
    ignore("management-query-passwords", {0, 0}, kNoManagement),
    ignore("management-query-proxy", {0, 0}, kNoManagement),
    ignore("management-query-remote", {0, 1}, kNoManagement),
    ignore("management-signal", {0, 0}, kNoManagement),
    ignore("management-up-down", {0, 0}, kNoManagement),
    ignore("msg-channel", {1, kMany}, kNotLinux, kInConnection),
    ignore("dh", {1, 1}, "it is for servers; a client takes what they send", kBlock),
    ignore("peer-id", {1, 1}, kServerSays),
    ignore("key-derivation", {1, kMany}, kServerSays),
    ignore("protocol-flags", {1, kMany}, kServerSays),
    ignore("push-continuation", {1, 1}, kServerSays),
};

}  // namespace

std::span<const OptionRow> ignored_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
