#include <array>

#include "openvpn/server/server_option_rows.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kAlwaysSo = "it is always so here";
constexpr std::string_view kWindows = "it concerns Windows only";
constexpr std::string_view kManagement =
    "there is no such interface: use 'sallyport status', 'ctl kick', 'ctl reload' and 'ctl "
    "metrics'";
constexpr std::string_view kStatus =
    "no file is written: 'sallyport status --json' and 'sallyport ctl metrics' tell it";
constexpr std::string_view kLog =
    "what happens is written to standard error, where the service manager's journal has it";
constexpr std::string_view kNotPerPacket = "nothing is logged per packet";
constexpr std::string_view kUnit = "the service manager's unit says it";
constexpr std::string_view kNoScripts = "no script ever runs, so there is nothing to arrange";
constexpr std::string_view kClients =
    "it is for clients, and a server does nothing with it; what clients are to do is pushed";
constexpr std::string_view kPushIt = "a server has no use for it; clients get it by a 'push'";
constexpr std::string_view kBuffers = "buffers are as large as the system allows";
constexpr std::string_view kSizes = "it is obsolete; tun-mtu and mssfix decide sizes";
constexpr std::string_view kOptionsString = "options strings are not compared";
constexpr std::string_view kTuning = "it tunes the inner workings of OpenVPN's own program";
constexpr std::string_view kNegotiated = "it is said to each client as it is agreed with it";
constexpr std::string_view kRandom = "random numbers come from the system";
constexpr std::string_view kNames = "names of certificates are read as OpenVPN 2.6 does";

constexpr std::array kRows = std::to_array<ServerReason>({
    // the way to look at it
    {"management", kManagement},
    {"management-client", kManagement},
    {"management-client-group", kManagement},
    {"management-client-user", kManagement},
    {"management-forget-disconnect", kManagement},
    {"management-hold", "nobody is waited for: the server listens once it is started"},
    {"management-log-cache", kManagement},
    {"management-query-passwords", kManagement},
    {"management-query-proxy", kManagement},
    {"management-query-remote", kManagement},
    {"management-signal", kManagement},
    {"management-up-down", kManagement},
    {"msg-channel", kWindows},
    {"status", kStatus},
    {"status-version", kStatus},
    {"log", kLog},
    {"log-append", kLog},
    {"syslog", kLog},
    {"machine-readable-output", kLog},
    {"suppress-timestamps", kLog},
    {"errors-to-stderr", kLog},
    {"verb", kNotPerPacket},
    {"mute", kNotPerPacket},
    {"mute-replay-warnings", "replayed packets are counted, not logged"},
    {"echo", "the log has what happens, and nothing else"},
    {"parameter", "the log has what happens, and nothing else"},
    {"memstats", "'sallyport ctl metrics' tells what is counted"},
    // the process
    {"daemon", "the service manager runs it in the background"},
    {"writepid", "the service manager knows it: systemctl show -p MainPID"},
    {"nice", kUnit},
    {"cd", "files are looked for from the file that names them"},
    {"group", "with 'user' its groups are taken, and no others"},
    {"chroot", "with 'user' no files are opened any more"},
    {"mlock", "with 'user' memory is locked where the limit allows it (LimitMEMLOCK=)"},
    {"tmp-dir", "no temporary files are made"},
    {"remap-usr1", "no signal restarts it; SIGHUP reads the configuration again"},
    {"script-security", "no script ever runs, at any level"},
    {"up-delay", kNoScripts},
    {"up-restart", kNoScripts},
    {"down-pre", kNoScripts},
    {"setenv-safe", kNoScripts},
    {"foreign-option", kNoScripts},
    // the device and its routes
    {"persist-tun", kAlwaysSo},
    {"persist-key", kAlwaysSo},
    {"tun-ipv6", kAlwaysSo},
    {"txqueuelen",
     "the kernel's own length is right; 'ip link set DEVICE txqueuelen N' changes it"},
    {"ifconfig-nowarn", "nothing is warned of"},
    {"lladdr", "a tun device has no Ethernet address"},
    {"route-metric", "the kernel chooses; with 'route-noexec' routes are yours"},
    {"route-table", "routes are in the main table; with 'route-noexec' they are yours"},
    {"route-delay", "routes are there at once"},
    {"allow-recursive-routing", kClients},
    {"disable-dco", "OpenVPN's kernel module is never used"},
    // sockets
    {"bind", "a server always binds"},
    {"persist-local-ip", "addresses to listen on are not looked up"},
    {"persist-remote-ip", kClients},
    {"float", "clients may always change their address, once they are authenticated"},
    {"tcp-nodelay", kAlwaysSo},
    {"fast-io", kAlwaysSo},
    {"sndbuf", kBuffers},
    {"rcvbuf", kBuffers},
    {"socket-flags", kBuffers},
    {"tcp-queue-limit", "queues have limits of their own"},
    {"mtu-disc", "the kernel finds a path's MTU its own way"},
    {"mtu-test", kTuning},
    {"passtos", "the outer packets tell nothing about the inner ones"},
    {"shaper", "traffic is not shaped; use the kernel's queues (tc)"},
    // sizes and compression
    {"mtu-dynamic", kSizes},
    {"link-mtu", kSizes},
    {"udp-mtu", kSizes},
    {"tun-mtu-extra", kSizes},
    {"tun-mtu-max", "tun-mtu is what clients are told, and 1600 the most"},
    {"comp-noadapt", "nothing that is sent is ever compressed"},
    // keys and the handshake
    {"dh", "key agreement is by elliptic curves"},
    {"ncp-disable", "the cipher is always negotiated, as in OpenVPN 2.6"},
    {"keysize", "each cipher has one key size"},
    {"compat-mode",
     "old clients are met as far as it is safe; a cipher for them belongs into data-ciphers"},
    {"opt-verify", kOptionsString},
    {"disable-occ", kOptionsString},
    {"tls-exit", "a handshake that fails ends that client, never the server"},
    {"single-session", "clients are told apart; 'duplicate-cn' says whether one may come twice"},
    {"ping-timer-rem", "each client has its own timers, once it is in"},
    {"replay-persist", "replay protection begins anew with each key"},
    {"prng", kRandom},
    {"use-prediction-resistance", kRandom},
    {"auth-nocache", "a client's password is wiped once it was checked"},
    {"no-name-remapping", kNames},
    {"compat-names", kNames},
    {"key-derivation", kNegotiated},
    {"protocol-flags", kNegotiated},
    {"peer-id", kNegotiated},
    {"push-continuation", kNegotiated},
    // clients and addresses
    {"ifconfig-pool-persist",
     "an address follows from the client's name, so it stays without a file; see 'sallyport "
     "status'"},
    {"ifconfig-pool-linear", "use topology"},
    {"stale-routes-check", "nothing is learnt, so nothing gets stale"},
    {"connect-freq", "connect-freq-initial limits newcomers"},
    {"max-routes", "routes cost nothing here"},
    {"max-routes-per-client", "only iroutes count, which are the administrator's own"},
    {"bcast-buffers", "there are no broadcasts"},
    {"hash-size", "tables grow by themselves"},
    {"gremlin", kTuning},
    // what is for clients
    {"push-peer-info", "what a client tells about itself is for the client to say"},
    {"dhcp-option", kPushIt},
    {"dns", kPushIt},
    {"block-ipv4", kPushIt},
    {"block-ipv6", kPushIt},
    {"block-outside-dns", kPushIt},
    {"register-dns", kPushIt},
    {"route-nopull", kClients},
    {"pull-filter", kClients},
    {"allow-pull-fqdn", kClients},
    {"remote-random", kClients},
    {"remote-random-hostname", kClients},
    {"rport", kClients},
    {"proto-force", kClients},
    {"ip-remote-hint", kClients},
    {"preresolve", "no names are looked up"},
    {"resolv-retry", "no names are looked up"},
    {"connect-retry", kClients},
    {"connect-retry-max", kClients},
    {"connect-timeout", kClients},
    {"server-poll-timeout", kClients},
    {"http-proxy-retry", kClients},
    {"http-proxy-timeout", kClients},
    {"socks-proxy-retry", kClients},
    {"auth-retry", kClients},
    {"static-challenge", kClients},
    {"auth-token", kClients},
    {"auth-token-user", kClients},
    // another system
    {"route-method", kWindows},
    {"ip-win32", kWindows},
    {"tap-sleep", kWindows},
    {"show-net-up", kWindows},
    {"dhcp-renew", kWindows},
    {"dhcp-release", kWindows},
    {"dhcp-pre-release", kWindows},
    {"dhcp-internal", kWindows},
    {"rdns-internal", kWindows},
    {"windows-driver", kWindows},
    {"win-sys", kWindows},
    {"allow-nonadmin", kWindows},
    {"pause-exit", kWindows},
    {"service", kWindows},
});

}  // namespace

std::span<const ServerReason> options_ignored_by_servers() {
  return kRows;
}

}  // namespace sallyport::openvpn
