#include "openvpn/profile/profile_assembler.h"

#include <algorithm>
#include <utility>

#include "openvpn/profile/cipher_list.h"
#include "openvpn/profile/locked_key.h"
#include "openvpn/profile/trust_check.h"

namespace sallyport::openvpn {
namespace {

// Until the server says otherwise, a client that pulls takes so long a silence for its end
// (docs/protocol.md, "Timers").
constexpr base::Duration kPingRestartBeforePull = std::chrono::seconds(120);

class ProfileAssembler {
 public:
  ProfileAssembler(ProfileDraft& draft, ProfileReport& report)
      : draft_(draft), profile_(draft.profile), report_(report) {}

  void assemble() {
    check_role();
    finish_wraps();
    finish_proxies();
    finish_login();
    settle_locked_key(draft_, report_);
    make_remotes();
    finish_ciphers();
    finish_tunnel();
    TrustCheck(draft_, report_).check();
    std::ranges::move(draft_.warnings, std::back_inserter(report_.warnings));
  }

 private:
  void error(std::string_view option, std::string text) {
    report_.blame(std::nullopt, option, std::move(text));
  }
  void refuse(std::string_view setting, std::string reason) {
    report_.blame(draft_.line_of(setting), setting, std::move(reason));
  }

  void check_role() {
    if (!draft_.tls_client) {
      error("client", "this is no client's profile: the line 'client' is missing");
    } else if (!profile_.pull.pull && !draft_.tunnel.options.ifconfig &&
               !draft_.tunnel.options.ifconfig_ipv6) {
      error("client",
            "nothing gives the tunnel an address: write 'client' so that the server does, or"
            " 'ifconfig'");
    }
  }

  // Which half of a tls-auth key is whose, and its digest, can stand anywhere in the file.
  void finish_wraps() {
    bool uses_tls_auth = finish_wrap(draft_.defaults);
    for (const ConnectionDraft& connection : draft_.connections)
      uses_tls_auth = finish_wrap(connection) || uses_tls_auth;
    if (uses_tls_auth && draft_.auth_none) refuse("auth", "tls-auth needs a digest");
  }

  bool finish_wrap(const ConnectionDraft& scope) {
    if (!scope.wrap) return false;
    auto* const tls_auth = std::get_if<TlsAuthWrap>(&profile_.wraps[*scope.wrap]);
    if (tls_auth == nullptr) return false;
    tls_auth->direction = scope.direction;
    tls_auth->digest = profile_.auth_digest;
    return true;
  }

  void finish_proxies() {
    for (ProxyDraft& proxy : draft_.proxies) {
      ProxyOptions& options = proxy.options;
      if (options.kind == ProxyKind::kHttp) {
        options.http_version = draft_.proxy_http_version;
        options.headers = draft_.proxy_headers;
        if (options.username.empty()) {
          options.username = draft_.proxy_username.clone();
          options.password = draft_.proxy_password.clone();
        }
      }
      if (options.username.empty() && proxy.login_from != ProxyDraft::LoginFrom::kHere)
        finish_proxy_login(proxy);
      profile_.proxies.push_back(std::make_shared<const ProxyOptions>(std::move(options)));
    }
  }

  // 'auto' is whatever the proxy wants, which is mostly nothing.
  void finish_proxy_login(const ProxyDraft& proxy) {
    static constexpr std::string_view kWrite = "write them into <http-proxy-user-pass>";
    if (proxy.login_from == ProxyDraft::LoginFrom::kTerminal) {
      report_.amend(proxy.line,
                    refused("nobody can be asked for the proxy's user name and password;"
                            " " +
                            std::string(kWrite)));
    } else {
      report_.amend(proxy.line,
                    honoured("without a login; where the proxy wants one, " + std::string(kWrite)));
    }
  }

  // A token of the file is for who has no other login.
  void finish_login() {
    Credentials& token = draft_.token_login;
    LoginOptions& login = profile_.login;
    if (token.username.empty() && token.password.empty()) return;
    if (login.credentials) return drop_token("there is a login besides");
    if (token.username.empty()) return drop_token("it needs a name: auth-token-user");
    if (token.password.empty()) return drop_token("it needs a token: auth-token");
    login.wanted = true;
    login.credentials = std::move(token);
  }

  void drop_token(std::string_view why) {
    for (const std::string_view setting : {"auth-token", "auth-token-user"}) {
      if (const auto line = draft_.line_of(setting))
        report_.amend_honoured(*line, ignored(std::string(why)));
    }
  }

  void make_remotes() {
    check_binding(draft_.defaults);
    for (ConnectionDraft& connection : draft_.connections) {
      check_binding(connection);
      if (connection.host) {
        add_remote(connection);
      } else {
        report_.amend(connection.line, refused("there is no remote in it"));
      }
    }
    for (RemoteLine& line : draft_.remotes) {
      ConnectionDraft connection = draft_.defaults;
      connection.line = line.line;
      connection.host = std::move(line.host);
      connection.port = line.port.value_or(connection.port);
      if (line.transport) {
        connection.transport = *line.transport;
        connection.family = line.family;
      }
      add_remote(connection);
    }
    if (profile_.remotes.empty() && (!draft_.says("remote") || draft_.forced_transport))
      error("remote", "there is no server to connect to");
  }

  void check_binding(const ConnectionDraft& scope) {
    if (scope.bind == false && scope.local_port.value_or(0) != 0)
      report_.amend(scope.local_port_line, refused("it contradicts nobind; delete one of them"));
  }

  void add_remote(const ConnectionDraft& connection) {
    if (draft_.forced_transport && connection.transport != *draft_.forced_transport) {
      report_.amend(connection.line, ignored("proto-force leaves it out"));
      return;
    }
    Remote remote;
    remote.host = *connection.host;
    remote.port = connection.port;
    remote.transport = connection.transport;
    remote.family = connection.family;
    remote.wrap = wrap_of(connection);
    remote.proxy = connection.proxy;
    if (connection.proxy && remote.transport == Transport::kUdp &&
        profile_.proxies[*connection.proxy]->kind == ProxyKind::kHttp) {
      report_.amend(draft_.proxies[*connection.proxy].line,
                    refused("an HTTP proxy carries TCP only: write 'proto tcp-client'"));
    }
    remote.local_port = local_port_of(connection);
    remote.connect_timeout = connection.connect_timeout;
    remote.max_packet_size = connection.max_packet_size;
    remote.mssfix = connection.mssfix;
    // Over TCP closing the connection says it (OpenVPN 2.6).
    if (connection.transport == Transport::kUdp)
      remote.explicit_exit_notify = connection.explicit_exit_notify;
    // A stream has no datagrams to be too large; OpenVPN does not combine them either.
    if (connection.transport == Transport::kUdp) {
      remote.fragment = connection.fragment;
      remote.fragment_counts_outer_headers = connection.fragment_counts_outer_headers;
    }
    profile_.remotes.push_back(std::move(remote));
  }

  std::size_t wrap_of(const ConnectionDraft& connection) {
    if (connection.wrap) return *connection.wrap;
    if (draft_.defaults.wrap) return *draft_.defaults.wrap;
    if (!plain_wrap_) {
      plain_wrap_ = profile_.wraps.size();
      profile_.wraps.emplace_back(std::in_place_type<PlainWrap>);
    }
    return *plain_wrap_;
  }

  // A client's port is any free one, unless it asks for a certain one (OpenVPN 2.6, tried).
  static std::optional<std::uint16_t> local_port_of(const ConnectionDraft& connection) {
    if (!connection.bind.value_or(true)) return std::nullopt;
    if (connection.local_port)
      return *connection.local_port == 0 ? std::nullopt : connection.local_port;
    if (connection.bind == true) return connection.own_port;
    return std::nullopt;
  }

  void finish_ciphers() {
    auto& offered = profile_.ciphers.offered;
    if (offered.empty()) offered = default_ciphers();
    auto& fallback = profile_.ciphers.fallback;
    const auto lone = draft_.lone_cipher;
    if (lone && !draft_.says("data-ciphers") && std::ranges::find(offered, *lone) == offered.end())
      offered.push_back(*lone);
    if (!fallback) fallback = lone;
    if (offered.empty()) error("data-ciphers", "this system's OpenSSL has none of the usual ones");
    if (!draft_.auth_none) return;
    // Nothing would tell a forged packet from the server's.
    std::erase_if(offered, [](DataCipher cipher) { return !aead_of(cipher); });
    if (fallback && !aead_of(*fallback)) fallback.reset();
    if (offered.empty()) refuse("auth", "no cipher that is listed protects packets without it");
  }

  void finish_tunnel() {
    std::optional<Settlement> addresses;
    // What the second word of ifconfig is may be for the server to say.
    if (!profile_.pull.pull) addresses = settle_addresses(draft_.tunnel);
    for (const auto& settlement : {addresses, settle_resolvers(draft_.tunnel)}) {
      if (settlement) refuse(settlement->option, settlement->ruling.reason);
    }
    profile_.tunnel = std::move(draft_.tunnel.options);
    const bool silent = !draft_.says("ping-restart") && !draft_.says("keepalive");
    if (profile_.pull.pull && silent) profile_.tunnel.ping_restart = kPingRestartBeforePull;
  }

  ProfileDraft& draft_;
  Profile& profile_;
  ProfileReport& report_;
  std::optional<std::size_t> plain_wrap_;
};

}  // namespace

void assemble_profile(ProfileDraft& draft, ProfileReport& report) {
  ProfileAssembler(draft, report).assemble();
}

}  // namespace sallyport::openvpn
