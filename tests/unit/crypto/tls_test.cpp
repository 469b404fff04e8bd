#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <functional>
#include <string>

#include "crypto/tls_openssl.h"
#include "test.h"
#include "test_data.h"

namespace sallyport::crypto {
namespace {

using testing::read_test_data;

constexpr base::WallTime kTestTime = std::chrono::sys_days{std::chrono::year{2030} / 1 / 1};

TlsConfig config_of(TlsRole role, const std::string& name) {
  TlsConfig config;
  config.role = role;
  config.ca_pem = read_test_data("pki/ca.crt");
  config.certificate_pem = read_test_data("pki/" + name + ".crt");
  config.key_pem = base::SecretBytes(read_test_data("pki/" + name + ".key"));
  if (role == TlsRole::kClient) config.peer.purpose = CertificatePurpose::kServer;
  return config;
}

struct Pair {
  std::unique_ptr<TlsFactory> client_factory, server_factory;
  std::unique_ptr<TlsEngine> client, server;

  Pair(TlsConfig client_config, TlsConfig server_config, base::WallTime now = kTestTime) {
    auto made_client = make_tls_factory(std::move(client_config));
    auto made_server = make_tls_factory(std::move(server_config));
    REQUIRE(made_client.has_value());
    REQUIRE(made_server.has_value());
    client_factory = std::move(*made_client);
    server_factory = std::move(*made_server);
    client = client_factory->create(now);
    server = server_factory->create(now);
    client->start();
    exchange();
  }

  // Moves records both ways, in pieces of 100 bytes, until neither side has any.
  void exchange() {
    std::array<std::uint8_t, 100> piece{};
    for (bool moved = true; moved;) {
      moved = false;
      while (const std::size_t size = client->send(piece)) {
        server->receive(std::span(piece).first(size));
        moved = true;
      }
      while (const std::size_t size = server->send(piece)) {
        client->receive(std::span(piece).first(size));
        moved = true;
      }
    }
  }
};

// A peer that would do what ours does not: OpenSSL with everything switched on.
class OpenSslPeer {
 public:
  OpenSslPeer(TlsRole role, const std::string& name, int version)
      : context_(SSL_CTX_new(role == TlsRole::kClient ? TLS_client_method() : TLS_server_method()),
                 &SSL_CTX_free) {
    SSL_CTX_clear_options(context_.get(), SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_options(context_.get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_BOTH);
    SSL_CTX_set_max_early_data(context_.get(), 1000);
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    use_certificate("pki/" + name);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (role == TlsRole::kClient) {
      SSL_set_connect_state(ssl_.get());
    } else {
      SSL_set_accept_state(ssl_.get());
    }
  }

  // Lets both talk until neither has anything to say.
  void exchange(TlsEngine& ours) {
    for (bool moved = true; moved;) {
      std::array<std::uint8_t, 4096> piece{};
      moved = false;
      SSL_do_handshake(ssl_.get());
      SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
      for (int size; (size = BIO_read(SSL_get_wbio(ssl_.get()), piece.data(),
                                      static_cast<int>(piece.size()))) > 0;) {
        ours.receive(std::span(piece).first(static_cast<std::size_t>(size)));
        std::array<std::uint8_t, 16> out{};
        static_cast<void>(ours.read(out));
        moved = true;
      }
      while (const std::size_t size = ours.send(piece)) {
        BIO_write(SSL_get_rbio(ssl_.get()), piece.data(), static_cast<int>(size));
        moved = true;
      }
    }
  }

  // Asks for new keys that many times, which `ours` has to answer, and takes no answer.
  void ask_for_keys(TlsEngine& ours, std::size_t times) {
    std::array<std::uint8_t, 4096> piece{};
    for (std::size_t i = 0; i < times; ++i) {
      REQUIRE(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
      SSL_do_handshake(ssl_.get());
      const int size =
          BIO_read(SSL_get_wbio(ssl_.get()), piece.data(), static_cast<int>(piece.size()));
      if (size > 0) ours.receive(std::span(piece).first(static_cast<std::size_t>(size)));
      std::array<std::uint8_t, 16> out{};
      static_cast<void>(ours.read(out));
    }
  }

  // Asks for a new handshake in the old one; whether that came about.
  bool renegotiates(TlsEngine& ours) {
    const auto before = finished();
    // TLS 1.3 has no such thing.
    if (SSL_renegotiate(ssl_.get()) != 1) return false;
    exchange(ours);
    return finished() != before;
  }
  bool has_ticket() const {
    const SSL_SESSION* const session = SSL_get0_session(ssl_.get());
    return SSL_SESSION_has_ticket(session) == 1 || SSL_session_reused(ssl_.get()) == 1;
  }
  bool takes_early_data() const {
    return SSL_SESSION_get_max_early_data(SSL_get0_session(ssl_.get())) != 0;
  }
  bool compresses() const { return SSL_get_current_compression(ssl_.get()) != nullptr; }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  void use_certificate(const std::string& name) {
    const auto text_of = [&](const char* kind) { return read_test_data(name + kind); };
    const auto bio_of = [](const std::string& text) {
      return std::unique_ptr<BIO, decltype(&BIO_free)>(
          BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
    };
    const std::string certificate_text = text_of(".crt"), key_text = text_of(".key");
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(bio_of(certificate_text).get(), nullptr, nullptr, nullptr), &X509_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(bio_of(key_text).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    REQUIRE(SSL_CTX_use_certificate(context_.get(), certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1);
  }

  // Of the last handshake, and no two are alike.
  std::array<std::uint8_t, 64> finished() const {
    std::array<std::uint8_t, 64> message{};
    SSL_get_finished(ssl_.get(), message.data(), message.size());
    return message;
  }

  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, &SSL_free};
};

std::string read_all(TlsEngine& engine) {
  std::string text;
  std::array<std::uint8_t, 7> piece{};
  while (const std::size_t size = engine.read(piece))
    text += base::text_of(std::span(piece).first(size));
  return text;
}

TEST_SUITE("crypto/tls") {
  TEST_CASE("establishes with 1.2 and 1.3, carries messages and exports the same keys") {
    for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
      auto client_config = config_of(TlsRole::kClient, "client");
      client_config.version_max = version;
      Pair pair(std::move(client_config), config_of(TlsRole::kServer, "server"));
      REQUIRE(pair.client->state() == TlsState::kEstablished);
      REQUIRE(pair.server->state() == TlsState::kEstablished);
      EXPECT(pair.client->description().starts_with(version == TlsVersion::k12 ? "TLSv1.2, "
                                                                               : "TLSv1.3, "));
      REQUIRE(pair.client->write(base::bytes_of("hello server")));
      REQUIRE(pair.server->write(base::bytes_of("hello client")));
      pair.exchange();
      EXPECT(read_all(*pair.server) == "hello server");
      EXPECT(read_all(*pair.client) == "hello client");

      std::array<std::uint8_t, 256> one{}, other{};
      REQUIRE(pair.client->export_key("EXPORTER-OpenVPN-datakeys", one));
      REQUIRE(pair.server->export_key("EXPORTER-OpenVPN-datakeys", other));
      EXPECT(one == other);
      EXPECT(pair.client->peer_fingerprint() != pair.server->peer_fingerprint());
    }
  }

  TEST_CASE("the client refuses every wrong certificate and says why") {
    const auto serve = [](const char* name) { return config_of(TlsRole::kServer, name); };
    struct Row {
      const char* server;
      const char* reason;
    };
    for (const Row& row :
         {Row{"client", "unsuitable certificate purpose"}, Row{"plain", "remote-cert-tls"},
          Row{"self", "self-signed certificate"}}) {
      CAPTURE(std::string(row.server));
      Pair pair(config_of(TlsRole::kClient, "client"), serve(row.server));
      REQUIRE(pair.client->state() == TlsState::kFailed);
      EXPECT(pair.client->failure().kind == TlsFailureKind::kCertificate);
      CAPTURE(pair.client->failure().text);
      EXPECT(pair.client->failure().text.find(row.reason) != std::string::npos);
      EXPECT(pair.server->failure().kind == TlsFailureKind::kAlertReceived);
    }
  }

  TEST_CASE("certificates are judged by the time that is passed in") {
    for (const int year : {2020, 2200}) {
      Pair pair(config_of(TlsRole::kClient, "client"), config_of(TlsRole::kServer, "server"),
                std::chrono::sys_days{std::chrono::year{year} / 1 / 1});
      REQUIRE(pair.client->state() == TlsState::kFailed);
      EXPECT(pair.client->failure().text.find(year == 2020 ? "not yet valid" : "expired") !=
             std::string::npos);
    }
  }

  TEST_CASE("a revoked server is refused, a listed CRL lets the others in") {
    for (const char* name : {"server", "revoked"}) {
      auto client_config = config_of(TlsRole::kClient, "client");
      client_config.crl_pem = read_test_data("pki/ca.crl");
      Pair pair(std::move(client_config), config_of(TlsRole::kServer, name));
      if (std::string_view(name) == "server") {
        EXPECT(pair.client->state() == TlsState::kEstablished);
      } else {
        REQUIRE(pair.client->state() == TlsState::kFailed);
        EXPECT(pair.client->failure().text.find("certificate revoked") != std::string::npos);
      }
    }
  }

  TEST_CASE("who is in is judged again by newer settings, as in a handshake") {
    const auto objection = [](const TlsEngine& in, TlsRole role,
                              const std::function<void(TlsConfig&)>& change,
                              base::WallTime now = kTestTime) {
      TlsConfig config = config_of(role, role == TlsRole::kServer ? "server" : "client");
      change(config);
      return (*make_tls_factory(std::move(config)))->objection_to(in.peer_certificates(), now);
    };
    const auto nothing = [](TlsConfig&) {};
    const auto crl = [](TlsConfig& config) { config.crl_pem = read_test_data("pki/ca.crl"); };
    const auto other_ca = [](TlsConfig& config) {
      config.ca_pem = read_test_data("pki/other-ca.crt");
    };
    const auto other_purpose = [](TlsConfig& config) {
      config.peer.purpose = CertificatePurpose::kServer;
    };
    Pair good(config_of(TlsRole::kClient, "client"), config_of(TlsRole::kServer, "server"));
    // Its own, and its authority's.
    const TlsEngine& server = *good.server;
    REQUIRE(server.peer_certificates().size() == 2);
    EXPECT(server.peer_certificates()[0] != server.peer_certificates()[1]);
    EXPECT_FALSE(objection(server, TlsRole::kServer, nothing).has_value());
    EXPECT_FALSE(objection(server, TlsRole::kServer, crl).has_value());
    EXPECT(objection(server, TlsRole::kServer, other_ca)->contains("certificate"));
    EXPECT(objection(server, TlsRole::kServer, other_purpose)->contains("remote-cert-tls"));
    const base::WallTime late = kTestTime + std::chrono::years(100);
    EXPECT(objection(server, TlsRole::kServer, nothing, late)->contains("expired"));
    // A client's certificate is no server's, also here.
    EXPECT(objection(server, TlsRole::kClient, nothing).has_value());
    Pair revoked(config_of(TlsRole::kClient, "client"), config_of(TlsRole::kServer, "revoked"));
    REQUIRE(revoked.client->peer_certificates().size() == 2);
    EXPECT_FALSE(objection(*revoked.client, TlsRole::kClient, nothing).has_value());
    EXPECT(objection(*revoked.client, TlsRole::kClient, crl)->contains("certificate revoked"));
  }

  TEST_CASE("R5: of two common names the last one counts") {
    for (const char* name : {"second.example.net", "first.example.net"}) {
      auto client_config = config_of(TlsRole::kClient, "client");
      client_config.peer.name_check = NameCheck::kCommonName;
      client_config.peer.name = name;
      Pair pair(std::move(client_config), config_of(TlsRole::kServer, "two-names"));
      EXPECT((pair.client->state() == TlsState::kEstablished) ==
             (std::string_view(name) == "second.example.net"));
    }
  }

  TEST_CASE("a pinned self-signed certificate needs no CA") {
    Pair first(config_of(TlsRole::kClient, "client"), config_of(TlsRole::kServer, "server"));
    auto client_config = config_of(TlsRole::kClient, "client");
    client_config.ca_pem.clear();
    client_config.peer = {};
    client_config.peer.fingerprints.push_back(first.client->peer_fingerprint().value());
    EXPECT(Pair(client_config.clone(), config_of(TlsRole::kServer, "server")).client->state() ==
           TlsState::kEstablished);
    Pair wrong(std::move(client_config), config_of(TlsRole::kServer, "self"));
    REQUIRE(wrong.client->state() == TlsState::kFailed);
    EXPECT(wrong.client->failure().text.find("peer-fingerprint") != std::string::npos);
  }

  TEST_CASE("a server of another authority than that of verify-hash is refused, in the handshake") {
    const auto hash_of = [](const char* certificate, const EVP_MD* digest) {
      const std::string pem = read_test_data(certificate);
      const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
          BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
      const std::unique_ptr<X509, decltype(&X509_free)> parsed(
          PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free);
      std::vector<std::uint8_t> hash(static_cast<std::size_t>(EVP_MD_get_size(digest)));
      REQUIRE(X509_digest(parsed.get(), digest, hash.data(), nullptr) == 1);
      return hash;
    };
    for (const EVP_MD* digest : {EVP_sha1(), EVP_sha256()}) {
      for (const char* authority : {"pki/ca.crt", "pki/other-ca.crt"}) {
        auto client_config = config_of(TlsRole::kClient, "client");
        client_config.peer.issuer_fingerprints = {hash_of(authority, digest)};
        Pair pair(std::move(client_config), config_of(TlsRole::kServer, "server"));
        if (std::string_view(authority) == "pki/ca.crt") {
          EXPECT(pair.client->state() == TlsState::kEstablished);
        } else {
          REQUIRE(pair.client->state() == TlsState::kFailed);
          EXPECT(pair.client->failure().kind == TlsFailureKind::kCertificate);
          EXPECT(pair.client->failure().text.contains("verify-hash"));
        }
      }
    }
  }

  TEST_CASE("a server that wants a certificate refuses a client without one") {
    auto client_config = config_of(TlsRole::kClient, "client");
    client_config.certificate_pem.clear();
    Pair pair(std::move(client_config), config_of(TlsRole::kServer, "server"));
    EXPECT(pair.server->state() == TlsState::kFailed);
  }

  TEST_CASE("versions and suites are negotiated within what both allow") {
    auto client_config = config_of(TlsRole::kClient, "client");
    client_config.version_max = TlsVersion::k12;
    client_config.cipher_list = "TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256";
    Pair pair(std::move(client_config), config_of(TlsRole::kServer, "server"));
    EXPECT(pair.client->description() == "TLSv1.2, cipher ECDHE-ECDSA-AES128-GCM-SHA256");

    auto old_client = config_of(TlsRole::kClient, "client");
    old_client.version_max = TlsVersion::k12;
    auto new_server = config_of(TlsRole::kServer, "server");
    new_server.version_min = TlsVersion::k13;
    Pair refused(std::move(old_client), std::move(new_server));
    EXPECT(refused.client->state() == TlsState::kFailed);
    EXPECT(refused.client->failure().kind == TlsFailureKind::kAlertReceived);
  }

  TEST_CASE("R12: nobody renegotiates, resumes, sends early data or compresses, as our client") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      auto factory = make_tls_factory(config_of(TlsRole::kClient, "client"));
      const auto ours = (*factory)->create(kTestTime);
      OpenSslPeer peer(TlsRole::kServer, "server", version);
      ours->start();
      peer.exchange(*ours);
      REQUIRE(ours->state() == TlsState::kEstablished);
      EXPECT_FALSE(peer.has_ticket());
      EXPECT_FALSE(peer.compresses());
      EXPECT_FALSE(peer.renegotiates(*ours));
    }
  }

  TEST_CASE("R12: nobody renegotiates, resumes, sends early data or compresses, as our server") {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      auto factory = make_tls_factory(config_of(TlsRole::kServer, "server"));
      const auto ours = (*factory)->create(kTestTime);
      OpenSslPeer peer(TlsRole::kClient, "client", version);
      peer.exchange(*ours);
      REQUIRE(ours->state() == TlsState::kEstablished);
      EXPECT_FALSE(peer.has_ticket());
      EXPECT_FALSE(peer.takes_early_data());
      EXPECT_FALSE(peer.compresses());
      EXPECT_FALSE(peer.renegotiates(*ours));
    }
  }

  TEST_CASE("a peer that asks for new keys without end, and takes no answer, fails its session") {
    OpenSslPeer peer(TlsRole::kClient, "client", TLS1_3_VERSION);
    const auto factory = make_tls_factory(config_of(TlsRole::kServer, "server"));
    const auto ours = (*factory)->create(kTestTime);
    peer.exchange(*ours);
    REQUIRE(ours->state() == TlsState::kEstablished);
    peer.ask_for_keys(*ours, 100);
    EXPECT(ours->state() == TlsState::kEstablished);
    peer.ask_for_keys(*ours, 25'000);
    EXPECT(ours->state() == TlsState::kFailed);
    std::vector<std::uint8_t> waiting(2 * 1024 * 1024);
    EXPECT(ours->send(waiting) < 600 * 1024);
  }

  TEST_CASE("what came before the end is read, and then there is the end") {
    for (const TlsVersion version : {TlsVersion::k12, TlsVersion::k13}) {
      auto client_config = config_of(TlsRole::kClient, "client");
      client_config.version_max = version;
      Pair pair(std::move(client_config), config_of(TlsRole::kServer, "server"));
      REQUIRE(pair.server->write(base::bytes_of("AUTH_FAILED")));
      pair.server->receive(base::bytes_of("what ends a session"));
      EXPECT(read_all(*pair.server).empty());
      std::vector<std::uint8_t> flight(4096);
      flight.resize(pair.server->send(flight));
      pair.client->receive(flight);
      EXPECT(read_all(*pair.client) == "AUTH_FAILED");
      REQUIRE(pair.client->state() == TlsState::kFailed);
      EXPECT(pair.client->failure().kind == TlsFailureKind::kAlertReceived);
    }
  }

  TEST_CASE("garbage fails the session and nothing else") {
    auto factory = make_tls_factory(config_of(TlsRole::kClient, "client"));
    auto engine = (*factory)->create(kTestTime);
    engine->start();
    engine->receive(base::bytes_of("HTTP/1.1 400 Bad Request\r\n\r\n"));
    REQUIRE(engine->state() == TlsState::kFailed);
    EXPECT_FALSE(engine->failure().text.empty());
    engine->receive(base::bytes_of("more"));
    std::array<std::uint8_t, 4> out{};
    EXPECT(engine->read(out) == 0);
  }

  TEST_CASE("R16: what cannot work is refused before a connection, by the option's name") {
    struct Row {
      void (*change)(TlsConfig&);
      const char* option;
    };
    for (const Row& row :
         {Row{[](TlsConfig& c) { c.ca_pem = "not a certificate"; }, "ca: "},
          Row{[](TlsConfig& c) {
                c.ca_pem = "-----BEGIN PKCS7-----\nMAsGCSqGSIb3DQEHAg==\n-----END PKCS7-----\n";
              },
              "ca: "},
          Row{[](TlsConfig& c) { c.certificate_pem = c.ca_pem.substr(0, 200); }, "cert: "},
          Row{[](TlsConfig& c) { c.key_pem = base::SecretBytes(std::string_view("x")); }, "key: "},
          Row{[](TlsConfig& c) { c.key_pem = base::SecretBytes(read_test_data("pki/server.key")); },
              "key: "},
          Row{[](TlsConfig& c) {
                c.key_pem = base::SecretBytes(read_test_data("pki/encrypted.key"));
              },
              "key: "},
          Row{[](TlsConfig& c) { c.crl_pem = "none"; }, "crl-verify: "},
          Row{[](TlsConfig& c) { c.cipher_list = "NOPE"; }, "tls-cipher: "},
          Row{[](TlsConfig& c) { c.ciphersuites = "NOPE"; }, "tls-ciphersuites: "},
          Row{[](TlsConfig& c) { c.groups = "nope:neither"; }, "tls-groups: "}}) {
      CAPTURE(row.option);
      auto config = config_of(TlsRole::kClient, "client");
      row.change(config);
      const auto made = make_tls_factory(std::move(config));
      REQUIRE_FALSE(made.has_value());
      EXPECT(made.error().starts_with(row.option));
    }
  }

  TEST_CASE("unknown groups are left out, known ones kept") {
    auto config = config_of(TlsRole::kClient, "client");
    config.groups = "X9999:secp384r1";
    Pair pair(std::move(config), config_of(TlsRole::kServer, "server"));
    EXPECT(pair.client->state() == TlsState::kEstablished);
  }

  TEST_CASE("cipher names are translated one by one") {
    EXPECT(openssl_cipher_list(
               "TLS-DHE-RSA-WITH-AES-256-CBC-SHA:DEFAULT:!EXP:ECDHE-RSA-AES128-GCM-SHA256") ==
           "DHE-RSA-AES256-SHA:DEFAULT:!EXP:ECDHE-RSA-AES128-GCM-SHA256");
  }
}

}  // namespace
}  // namespace sallyport::crypto
