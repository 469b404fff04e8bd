// What an .ovpn file asks for, as typed values that the client can act on. Made by
// profile_reader.h; everything in it has been validated. A Profile holds secrets and so can only be
// moved.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "crypto/digest.h"
#include "crypto/tls_config.h"
#include "openvpn/data/data_cipher.h"
#include "openvpn/proxy/proxy_options.h"
#include "openvpn/push/tunnel_options.h"
#include "openvpn/wire/static_key.h"
#include "openvpn/wire/tls_crypt_v2_key.h"

namespace sallyport::openvpn {

enum class Transport { kUdp, kTcp };
enum class AddressFamily { kAny, kIpv4, kIpv6 };

// How control packets are wrapped. There is no default: a profile says one, or says nothing, and
// that is PlainWrap too.
struct PlainWrap {};
struct TlsAuthWrap {
  StaticKey key;
  std::optional<KeyDirection> direction;  // none: the first slot both ways
  crypto::Digest digest;
};
struct TlsCryptWrap {
  StaticKey key;
};
struct TlsCryptV2Wrap {
  TlsCryptV2ClientKey key;
};
using ControlWrap = std::variant<PlainWrap, TlsAuthWrap, TlsCryptWrap, TlsCryptV2Wrap>;

// mssfix of a <connection>; what the fields mean is said at those of TunnelOptions.
struct Mssfix {
  std::optional<std::uint16_t> size;
  bool counts_outer_headers = false;
  bool fixed = false;
};

// One place to connect to: a `remote` line with what applies to it, or a <connection> block.
struct Remote {
  std::string host;  // a name or a literal
  std::uint16_t port = 1194;
  Transport transport = Transport::kUdp;
  AddressFamily family = AddressFamily::kAny;
  std::size_t wrap = 0;              // index into Profile::wraps
  std::optional<std::size_t> proxy;  // index into Profile::proxies
  std::optional<std::uint16_t> local_port;
  base::Duration connect_timeout = std::chrono::seconds(120);
  unsigned explicit_exit_notify = 0;           // notifications to send on leaving; 0: none
  std::uint16_t max_packet_size = 1250;        // of control packets, with outer IP and UDP headers
  std::uint16_t fragment = 0;                  // the largest data packet; 0: packets are not cut
  bool fragment_counts_outer_headers = false;  // fragment N mtu
  std::optional<Mssfix> mssfix;                // unset: that of the tunnel
};

struct ReconnectPolicy {
  base::Duration initial = std::chrono::seconds(1);
  base::Duration maximum = std::chrono::seconds(300);
  // connect-retry-max: after so many rounds over all remotes it is the next profile's turn.
  std::optional<unsigned> rounds;
};

enum class AuthRetry { kNone, kNoInteract, kInteract };

struct Credentials {
  base::SecretBytes username;
  base::SecretBytes password;
  Credentials clone() const { return {username.clone(), password.clone()}; }
};

struct LoginOptions {
  bool wanted = false;                        // auth-user-pass is in the profile
  std::optional<Credentials> credentials;     // from an inline block or a file beside the profile
  std::optional<base::SecretBytes> username;  // where the block or the file has only that
  AuthRetry retry = AuthRetry::kNone;
  // static-challenge: what the user is asked before each login.
  struct StaticChallenge {
    std::string question;  // legible
    bool echo = false;     // the answer may be shown while it is typed
    // The answer goes right behind the password; else both go encoded (SCRV1).
    bool concatenated = false;
  };
  std::optional<StaticChallenge> static_challenge;
};

// Ciphers of the data channel, in the order of the profile's preference.
struct DataCipherOptions {
  std::vector<DataCipher> offered;
  std::optional<DataCipher>
      fallback;  // data-ciphers-fallback: with a server that does not negotiate
};

struct RekeyOptions {
  base::Duration every = std::chrono::seconds(3600);  // reneg-sec; 0: never by us
  std::uint64_t bytes = 0;                            // reneg-bytes; 0: no limit
  std::uint64_t packets = 0;                          // reneg-pkts; 0: no limit
  base::Duration hand_window =
      std::chrono::seconds(60);  // a TLS session must be finished within it
  base::Duration tran_window = std::chrono::seconds(3600);  // an old key lives on for it
  base::Duration tls_timeout = std::chrono::seconds(2);  // first retransmission of a control packet
};

enum class PullAction { kAccept, kIgnore, kReject };
struct PullFilter {
  PullAction action;
  std::string prefix;  // of the pushed option's text
};

struct PullOptions {
  bool pull = false;
  bool nopull_routes = false;       // route-nopull
  std::vector<PullFilter> filters;  // first match wins
};

struct PeerInfoOptions {
  bool push_all = false;                                         // push-peer-info
  std::vector<std::pair<std::string, std::string>> environment;  // setenv UV_*
};

// A private key that wants a passphrase before anything can be done with it.
struct LockedKey {
  enum class Form { kPem, kPkcs12 };
  Form form = Form::kPem;
  base::SecretBytes content;  // as the file has it
  bool brings_ca = false;     // its authorities count: the profile has no ca
};

struct Profile {
  std::string name;  // what messages call it
  std::vector<ControlWrap> wraps;
  // Shared with the connections that are being made.
  std::vector<std::shared_ptr<const ProxyOptions>> proxies;
  std::vector<Remote> remotes;  // at least one
  bool remote_random = false;
  bool remote_random_hostname = false;  // names get a random label in front, against caches
  ReconnectPolicy reconnect;
  crypto::TlsConfig tls;
  // tls-version-min names a version that is never used: its server may know nothing newer.
  bool asks_for_old_tls = false;
  // While it is there, `tls` has no key; unlock() of locked_key.h.
  std::optional<LockedKey> locked_key;
  DataCipherOptions ciphers;
  crypto::Digest auth_digest =
      crypto::Digest::sha1();  // for the options string; tls-auth has its own copy
  LoginOptions login;
  RekeyOptions rekey;
  PullOptions pull;
  PeerInfoOptions peer_info;
  // Where the tunnel's options start before the server pushes: addresses, resolvers and timers of
  // the file itself.
  TunnelOptions tunnel;
  std::uint32_t replay_window =
      2048;  // packets; the profile can only make it larger (docs/protocol.md, "Data channel")
};

}  // namespace sallyport::openvpn
