#include "openvpn/server/server_assembler.h"

#include <algorithm>

#include "crypto/tls_openssl.h"
#include "openvpn/profile/cipher_list.h"
#include "openvpn/profile/locked_key.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

std::string seconds_text(base::Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

class ServerAssembler {
 public:
  ServerAssembler(ServerDraft& draft, ProfileReport& report)
      : draft_(draft), shared_(draft.shared), config_(draft.config), report_(report) {}

  void assemble() {
    if (!draft_.is_server) return error("server", "this is no server's file: 'server' is missing");
    if (!draft_.tls_server) error("tls-server", "it is missing beside 'mode server'");
    config_.topology = shared_.tunnel.options.topology;
    assemble_addresses(draft_, report_);
    finish_listening();
    finish_wraps();
    finish_ciphers();
    finish_tunnel();
    finish_trust();
    finish_user();
    read_clients();
    std::ranges::move(shared_.warnings, std::back_inserter(report_.warnings));
  }

 private:
  void error(std::string_view option, std::string text) {
    report_.blame(std::nullopt, option, std::move(text));
  }
  void refuse(std::string_view option, std::string reason) {
    report_.blame(shared_.line_of(option), option, std::move(reason));
  }
  void warn(std::string_view option, std::string text) {
    report_.warnings.push_back({std::string(option), std::move(text)});
  }

  void finish_listening() {
    if (draft_.locals.empty()) draft_.locals.emplace_back();
    for (const LocalLine& local : draft_.locals) {
      ListenAddress listen{local.transport.value_or(draft_.transport),
                           local.transport ? local.family : draft_.family,
                           local.address,
                           local.port.value_or(draft_.port),
                           draft_.socket_device,
                           draft_.mark};
      if (listen.address) {
        listen.family = listen.address->is_v4() ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
        if (local.family != AddressFamily::kAny && local.family != listen.family)
          report_.blame(local.line, "local", "the address is of the other family");
      }
      if (std::ranges::find(config_.listen, listen) != config_.listen.end())
        report_.blame(local.line, "local", "another line says the same");
      config_.listen.push_back(listen);
    }
  }

  void finish_wraps() {
    Profile& profile = shared_.profile;
    config_.auth_digest = profile.auth_digest;
    if (!shared_.defaults.wrap) {
      if (!config_.wraps.tls_crypt_v2) config_.wraps.other = PlainWrap{};
      return;
    }
    ControlWrap& wrap = profile.wraps[*shared_.defaults.wrap];
    if (auto* crypt = std::get_if<TlsCryptWrap>(&wrap)) {
      config_.wraps.other = std::move(*crypt);
      return;
    }
    if (shared_.auth_none) return refuse("auth", "tls-auth needs a digest");
    auto& auth = std::get<TlsAuthWrap>(wrap);
    auth.direction = shared_.defaults.direction;
    auth.digest = profile.auth_digest;
    config_.wraps.other = std::move(auth);
  }

  void finish_ciphers() {
    auto& ciphers = config_.ciphers;
    ciphers = std::move(shared_.profile.ciphers.offered);
    config_.cipher_fallback = shared_.profile.ciphers.fallback;
    if (ciphers.empty()) ciphers = default_ciphers();
    // Beside a list of ours a 'cipher' that was left over counts for nothing, as in OpenVPN 2.6.
    const bool listed = shared_.says("data-ciphers") || shared_.says("ncp-ciphers");
    const auto lone = shared_.lone_cipher;
    if (!listed && lone && std::ranges::find(ciphers, *lone) == ciphers.end())
      ciphers.push_back(*lone);
    if (ciphers.empty())
      return error("data-ciphers", "this system's OpenSSL has none of the usual ones");
    if (!shared_.auth_none) return;
    // Nothing would tell a forged packet from a client's.
    std::erase_if(ciphers, [](DataCipher cipher) { return !aead_of(cipher); });
    if (config_.cipher_fallback && !aead_of(*config_.cipher_fallback))
      config_.cipher_fallback.reset();
    if (ciphers.empty()) refuse("auth", "no cipher that is listed protects packets without it");
  }

  void finish_tunnel() {
    config_.tunnel = std::move(shared_.tunnel.options);
    config_.tunnel.digest = config_.auth_digest;
    config_.rekey = shared_.profile.rekey;
    config_.door.hand_window = config_.rekey.hand_window;
    config_.replay_window = shared_.profile.replay_window;
    config_.max_packet_size = shared_.defaults.max_packet_size;
    if (config_.login.token && config_.login.token->renewal == base::Duration::zero()) {
      const bool rekeys = config_.rekey.every > base::Duration::zero();
      config_.login.token->renewal = rekeys ? config_.rekey.every : std::chrono::seconds(3600);
    }
    if (!draft_.keepalive_ping) return;
    // The client gives up first, and we do not before it is surely gone.
    config_.tunnel.ping = *draft_.keepalive_ping;
    config_.tunnel.ping_restart = 2 * *draft_.keepalive_restart;
    config_.push.push_back("ping " + seconds_text(*draft_.keepalive_ping));
    config_.push.push_back("ping-restart " + seconds_text(*draft_.keepalive_restart));
  }

  // Opens a key that is encrypted. False when it stays closed, and a line is blamed.
  bool open_key() {
    const bool locked = shared_.profile.locked_key.has_value();
    if (!locked || !shared_.passphrase.empty()) {
      settle_locked_key(shared_, report_);
    } else if (!shared_.says("askpass")) {
      refuse(shared_.profile.locked_key->form == LockedKey::Form::kPem ? "key" : "pkcs12",
             "it is encrypted: name a file with its passphrase by 'askpass', or take the passphrase"
             " off, with 'openssl pkey' or 'openssl pkcs12'");
    }
    return !locked || !shared_.profile.tls.key_pem.empty();
  }

  void finish_trust() {
    if (!open_key()) return;
    config_.tls = std::move(shared_.profile.tls);
    config_.tls.role = crypto::TlsRole::kServer;
    config_.tls.require_peer_certificate = config_.certificates == ClientCertificates::kRequired;
    config_.tls.request_peer_certificate = config_.certificates != ClientCertificates::kNone;
    if (config_.tls.certificate_pem.empty()) error("cert", "the server has no certificate");
    if (config_.tls.key_pem.empty()) error("key", "the server has no private key");
    const bool trusts = !config_.tls.ca_pem.empty() || !config_.tls.peer.fingerprints.empty();
    if (config_.certificates != ClientCertificates::kNone && !trusts)
      error("ca", "nothing says whose certificates clients may have");
    if (config_.certificates != ClientCertificates::kRequired && !config_.login.users) {
      refuse(shared_.says("verify-client-cert") ? "verify-client-cert" : "client-cert-not-required",
             "anybody could come in: clients need a certificate, or a password (auth-user-file)");
    }
    if (config_.certificates == ClientCertificates::kNone && config_.login.optional)
      refuse("auth-user-pass-optional", "anybody could come in, without certificate and password");
    if (config_.login.name_from_user && !config_.login.users)
      refuse("username-as-common-name", "no user name is checked: write auth-user-file");
    if (!config_.tls.crl_pem.empty() && config_.tls.ca_pem.empty())
      refuse("crl-verify", "it needs a ca");
    if (!report_.usable()) return;
    if (auto tls = crypto::make_tls_factory(config_.tls.clone()); !tls) error("", tls.error());
  }

  // Whoever asks for fewer rights gets them, or no server.
  void finish_user() {
    if (!config_.user.empty()) return;
    for (const std::string_view option : {"group", "chroot"}) {
      if (shared_.says(option))
        refuse(option, "nothing would be given up without a 'user': write that too");
    }
  }

  void read_clients() {
    if (draft_.client_folder.empty()) {
      if (config_.only_listed_clients)
        refuse("ccd-exclusive", "without client-config-dir nobody could come in");
      return;
    }
    config_.has_client_folder = true;
    const auto names = draft_.files.list(draft_.client_folder);
    if (!names) return refuse("client-config-dir", printable(names.error()));
    for (const std::string& name : *names) {
      const auto content = draft_.files.read(draft_.client_folder + "/" + name);
      if (!content) return refuse("client-config-dir", printable(content.error()));
      ClientConfig client = read_client_config(content->reveal(), config_);
      if (!client.problem.empty()) {
        warn("client-config-dir",
             printable(name) + ": " + client.problem + "; this client is kept out");
      }
      config_.clients.emplace(name, std::move(client));
    }
  }

  ServerDraft& draft_;
  ProfileDraft& shared_;
  ServerConfig& config_;
  ProfileReport& report_;
};

}  // namespace

void assemble_server(ServerDraft& draft, ProfileReport& report) {
  ServerAssembler(draft, report).assemble();
}

}  // namespace sallyport::openvpn
