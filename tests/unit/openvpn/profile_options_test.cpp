#include "openvpn/profile/profile_reader.h"
#include "profile_fixture.h"
#include "test.h"

namespace sallyport::openvpn {
namespace {

using std::chrono::seconds;

std::string tls_auth_block() {
  return "<tls-auth>\n# 2048 bit key\n" + static_key_text() + "</tls-auth>\n";
}

const TlsAuthWrap& tls_auth_of(const ReadProfile& read) {
  REQUIRE(read.profile.has_value());
  return std::get<TlsAuthWrap>(read.profile->wraps[read.profile->remotes[0].wrap]);
}

std::vector<DataCipher> ciphers_of(std::string_view lines) {
  const ReadProfile read = read_with(lines);
  return read.profile ? read.profile->ciphers.offered : std::vector<DataCipher>{};
}

Ruling first_ruling(std::string_view lines) {
  return ruling_at(read_with(lines).report, kFirstAdded);
}

TEST_SUITE("openvpn/profile options") {
  TEST_CASE("roles that are no client's are explained") {
    const std::string_view rest = "dev tun\nremote a\nca ca.crt\nremote-cert-tls server\n";
    const auto read_role = [&](std::string role) { return read_text(role + std::string(rest)); };
    EXPECT(read_role("client\n").report.usable());
    EXPECT(read_role("tls-client\npull\n").report.usable());
    EXPECT(read_role("tls-client\nifconfig 10.0.0.2 10.0.0.1\n").report.usable());
    EXPECT(read_role("mode p2p\nclient\n").report.usable());
    EXPECT(has_error(read_role("").report, "client"));
    EXPECT(has_error(read_role("pull\n").report, "client"));
    EXPECT(has_error(read_role("tls-client\n").report, "client"));
    EXPECT_FALSE(read_role("client\nmode server\n").report.usable());
  }

  TEST_CASE("only layer-3 tunnels are made") {
    for (const std::string_view line : {"dev tun0", "dev-type tun", "dev vpn0\ndev-type tun"})
      EXPECT(read_with(line).report.usable());
    for (const std::string_view line :
         {"dev tap", "dev tap0", "dev-type tap", "dev null", "dev x"}) {
      CAPTURE(line);
      EXPECT_FALSE(read_with(line).report.usable());
    }
  }

  TEST_CASE(
      "the ciphers offered are those of the profile in its order, and a lone one comes last") {
    EXPECT(ciphers_of("") == std::vector{DataCipher::kAes256Gcm, DataCipher::kAes128Gcm,
                                         DataCipher::kChaCha20Poly1305});
    EXPECT(
        ciphers_of("data-ciphers chacha20-poly1305:?AES-192-GCM:AES-256-CBC:?FOO") ==
        std::vector{DataCipher::kChaCha20Poly1305, DataCipher::kAes192Gcm, DataCipher::kAes256Cbc});
    EXPECT(ciphers_of("cipher aes-128-cbc").back() == DataCipher::kAes128Cbc);
    EXPECT(ciphers_of("data-ciphers AES-192-GCM:DEFAULT") ==
           std::vector{DataCipher::kAes192Gcm, DataCipher::kAes256Gcm, DataCipher::kAes128Gcm,
                       DataCipher::kChaCha20Poly1305});
    EXPECT(ciphers_of("cipher AES-192-GCM").back() == DataCipher::kAes192Gcm);
    EXPECT(ciphers_of("cipher AES-256-GCM").size() == 3);
    EXPECT(ciphers_of("cipher AES-192-GCM\ndata-ciphers AES-128-GCM") ==
           std::vector{DataCipher::kAes128Gcm});
  }

  TEST_CASE("ciphers left out are named with the reason") {
    EXPECT(first_ruling("data-ciphers AES-256-GCM:BF-CBC:none:X").reason ==
           "without BF-CBC (not safe, never used), none (not safe, never used), X (unknown)");
    for (const std::string_view line :
         {"data-ciphers none", "data-ciphers BF-CBC:DES-CBC", "data-ciphers \"\"",
          "data-ciphers :", "ncp-ciphers AES-128-CFB", "cipher FOO", "data-ciphers-fallback FOO"}) {
      CAPTURE(line);
      EXPECT(first_ruling(line).verdict == Verdict::kRefused);
    }
    for (const std::string_view line :
         {"cipher none", "cipher BF-CBC", "cipher SEED-CBC", "cipher CAMELLIA-256-CBC",
          "data-ciphers-fallback BF-CBC"}) {
      CAPTURE(line);
      const ReadProfile read = read_with(line);
      EXPECT(read.report.usable());
      EXPECT(ruling_at(read.report, kFirstAdded).verdict == Verdict::kIgnored);
    }
    EXPECT(read_with("data-ciphers-fallback AES-128-GCM").profile->ciphers.fallback ==
           DataCipher::kAes128Gcm);
  }

  TEST_CASE(
      "a lone cipher is what a server gets that does not negotiate, unless a fallback is named") {
    const auto fallback_of = [](std::string_view lines) {
      return read_with(lines).profile->ciphers.fallback;
    };
    EXPECT_FALSE(fallback_of("").has_value());
    EXPECT(fallback_of("cipher AES-256-CBC") == DataCipher::kAes256Cbc);
    EXPECT(fallback_of("cipher AES-256-CBC\ndata-ciphers AES-128-GCM") == DataCipher::kAes256Cbc);
    EXPECT(fallback_of("cipher AES-256-CBC\ndata-ciphers-fallback AES-128-CBC") ==
           DataCipher::kAes128Cbc);
  }

  TEST_CASE("without a digest nothing but AEAD ciphers is used") {
    EXPECT(ciphers_of("auth none\ndata-ciphers AES-128-GCM:AES-128-CBC") ==
           std::vector{DataCipher::kAes128Gcm});
    EXPECT_FALSE(read_with("auth none\ncipher AES-256-CBC").profile->ciphers.fallback.has_value());
    EXPECT_FALSE(read_with("auth none\ndata-ciphers AES-128-CBC").report.usable());
  }

  TEST_CASE("R14: fragment belongs to a remote over UDP, and its size has a least") {
    const ReadProfile read = read_text(
        "client\nca ca.crt\nremote-cert-tls server\nfragment 1300\n"
        "<connection>\nremote a\n</connection>\n<connection>\nremote b\nproto tcp\n</connection>\n"
        "<connection>\nremote c\nfragment 1200 mtu\n</connection>\n");
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    const auto& remotes = read.profile->remotes;
    EXPECT(remotes[0].fragment == 1300);
    EXPECT_FALSE(remotes[0].fragment_counts_outer_headers);
    EXPECT(remotes[1].fragment == 0);
    EXPECT(remotes[2].fragment == 1200);
    EXPECT(remotes[2].fragment_counts_outer_headers);
    for (const char* line : {"fragment 0", "fragment 255", "fragment x", "fragment 1300 max"})
      EXPECT_FALSE(read_with(line).report.usable());
  }

  TEST_CASE("auth names the digest of tls-auth and of the options string") {
    EXPECT(read_with("auth sha512").profile->auth_digest.name() == "SHA512");
    EXPECT(read_with("auth RSA-SHA256").report.usable());
    EXPECT(tls_auth_of(read_with(tls_auth_block() + "auth SHA384")).digest.name() == "SHA384");
    EXPECT(tls_auth_of(read_with(tls_auth_block())).digest == crypto::Digest::sha1());
    EXPECT(first_ruling("auth SHA3").verdict == Verdict::kRefused);
    // OpenSSL has their names, and no code unless its legacy provider is loaded.
    for (const std::string name : {"MD4", "whirlpool"}) {
      const Ruling ruling = first_ruling("auth " + name + "\n" + tls_auth_block());
      EXPECT(ruling.verdict == Verdict::kRefused);
      EXPECT(ruling.reason.contains("'" + name + "'"));
    }
    EXPECT(first_ruling("auth none").verdict == Verdict::kIgnored);
    EXPECT(first_ruling("auth none\n" + tls_auth_block()).verdict == Verdict::kRefused);
  }

  TEST_CASE("the direction of a tls-auth key comes from where it is last said") {
    EXPECT(tls_auth_of(read_with(tls_auth_block())).direction == std::nullopt);
    EXPECT(tls_auth_of(read_with("tls-auth ta.key 1")).direction == KeyDirection::kInverse);
    EXPECT(tls_auth_of(read_with(tls_auth_block() + "key-direction 0")).direction ==
           KeyDirection::kNormal);
    EXPECT(tls_auth_of(read_with("tls-auth missing.key 1\n" + tls_auth_block())).direction ==
           KeyDirection::kInverse);
    EXPECT(tls_auth_of(read_with("tls-auth [inline] 1\n" + tls_auth_block())).direction ==
           KeyDirection::kInverse);
    EXPECT_FALSE(read_with("tls-auth ta.key 2").report.usable());
    EXPECT_FALSE(read_with("key-direction both").report.usable());
  }

  TEST_CASE("control packets are wrapped in one way") {
    const ReadProfile plain = read_with("");
    EXPECT(std::holds_alternative<PlainWrap>(plain.profile->wraps[0]));
    const ReadProfile crypt = read_with("<tls-crypt>\n" + static_key_text() + "</tls-crypt>\n");
    REQUIRE(crypt.profile.has_value());
    EXPECT(std::holds_alternative<TlsCryptWrap>(crypt.profile->wraps[0]));
    EXPECT_FALSE(read_with("tls-crypt ta.key\n" + tls_auth_block()).report.usable());
    EXPECT(ruling_at(read_with("tls-auth ta.key\ntls-crypt ta.key\n").report, 8)
               .reason.contains("tls-auth wraps"));
    EXPECT_FALSE(read_with("tls-crypt client.crt").report.usable());
    EXPECT_FALSE(read_with("tls-crypt-v2 ta.key").report.usable());
  }

  TEST_CASE("a <connection> can have a wrap of its own") {
    const ReadProfile read = read_text(
        "client\nca ca.crt\nremote-cert-tls server\ntls-auth ta.key 1\nauth SHA256\n"
        "<connection>\nremote a\n</connection>\n<connection>\nremote b\n<tls-crypt>\n" +
        static_key_text() +
        "</tls-crypt>\n</connection>\n<connection>\nremote c\n"
        "tls-auth ta.key 0\n</connection>\n");
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    const auto& [remotes, wraps] = std::tie(read.profile->remotes, read.profile->wraps);
    EXPECT(std::get<TlsAuthWrap>(wraps[remotes[0].wrap]).direction == KeyDirection::kInverse);
    EXPECT(std::holds_alternative<TlsCryptWrap>(wraps[remotes[1].wrap]));
    EXPECT(std::get<TlsAuthWrap>(wraps[remotes[2].wrap]).direction == KeyDirection::kNormal);
    EXPECT(std::get<TlsAuthWrap>(wraps[remotes[2].wrap]).digest == crypto::Digest::sha256());
  }

  TEST_CASE("credentials come from a block or a file, or from elsewhere") {
    const ReadProfile block =
        read_with("<auth-user-pass>\r\nme \r\n p w\r\nrest\n</auth-user-pass>\n");
    REQUIRE(block.profile.has_value());
    REQUIRE(block.profile->login.credentials.has_value());
    EXPECT(block.profile->login.credentials->username.reveal_text() == "me ");
    EXPECT(block.profile->login.credentials->password.reveal_text() == " p w");
    FakeFiles files;
    files.files["login.txt"] = "user\nsecret";
    const std::string text = usable_profile() + "auth-user-pass /config/login.txt\n";
    const ReadProfile file = read_profile("x", base::bytes_of(text), files);
    REQUIRE(file.profile.has_value());
    EXPECT(file.profile->login.credentials->password.reveal_text() == "secret");
    for (const std::string_view lines :
         {"auth-user-pass", "auth-user-pass stdin", "auth-user-pass /x/missing.txt"}) {
      CAPTURE(lines);
      const ReadProfile read = read_with(lines);
      REQUIRE(read.profile.has_value());
      EXPECT(read.profile->login.wanted);
      EXPECT_FALSE(read.profile->login.credentials.has_value());
      EXPECT(ruling_at(read.report, kFirstAdded).reason.contains("--auth"));
    }
    const ReadProfile named = read_with("<auth-user-pass>\nonly-a-name\n</auth-user-pass>");
    REQUIRE(named.profile.has_value());
    EXPECT(named.profile->login.username->reveal_text() == "only-a-name");
    EXPECT(ruling_at(named.report, kFirstAdded).reason.contains("no password"));
    EXPECT(read_with("auth-retry nointeract").profile->login.retry == AuthRetry::kNoInteract);
    EXPECT_FALSE(read_with("auth-retry always").report.usable());
  }

  TEST_CASE("a token in the file is the login where there is no other, its name in base64") {
    const auto login_of = [](std::string_view lines) {
      const ReadProfile read = read_with(lines);
      REQUIRE(read.profile.has_value());
      const auto& login = read.profile->login.credentials;
      return login ? std::string(login->username.reveal_text()) + "/" +
                         std::string(login->password.reveal_text())
                   : "none";
    };
    EXPECT(login_of("auth-token-user YWxpY2U=\nauth-token TOTP\nauth-retry interact") ==
           "alice/TOTP");
    // As OpenVPN 2.6.14 decodes it, tried.
    EXPECT(login_of("auth-token-user USER\nauth-token TOTP") == "Q!\x11/TOTP");
    EXPECT(login_of("auth-token TOTP") == "none");
    EXPECT(login_of("auth-token-user YWxpY2U=") == "none");
    EXPECT(login_of("auth-token-user !\nauth-token TOTP") == "none");
    EXPECT(login_of("auth-token-user YWxpY2U=\nauth-token TOTP\n"
                    "<auth-user-pass>\nbob\nsecret\n</auth-user-pass>") == "bob/secret");
    const ReadProfile bare = read_text(
        "client\nremote a\nca ca.crt\nremote-cert-tls server\n"
        "auth-token-user YWxpY2U=\nauth-token TOTP\n");
    EXPECT(bare.profile->login.wanted);
  }

  TEST_CASE("a byte order mark in a file beside the profile is no part of what the file says") {
    FakeFiles files;
    files.files["login.txt"] = "\xef\xbb\xbfuser\r\nsecret\r\n";
    files.files["wide.txt"] = std::string("\xff\xfeu\0\n\0", 6);
    const auto read = [&](const std::string& file) {
      return read_profile("x", base::bytes_of(usable_profile() + "auth-user-pass " + file + "\n"),
                          files);
    };
    const ReadProfile marked = read("login.txt");
    REQUIRE(marked.profile.has_value());
    EXPECT(marked.profile->login.credentials->username.reveal_text() == "user");
    EXPECT(ruling_at(read("wide.txt").report, kFirstAdded).reason.contains("UTF-16"));
    const auto problems = read_text(std::string("\xff\xfe"
                                                "c\0l\0",
                                                6))
                              .report.problems();
    EXPECT(problems == std::vector<std::string>{"test.ovpn: it is UTF-16 text; save it as UTF-8"});
  }

  TEST_CASE("timers and limits of keys") {
    const ReadProfile read = read_with(
        "reneg-sec 604800 300\nreneg-bytes 64000000\nreneg-pkts 7\nhand-window 20\ntran-window "
        "600\n"
        "tls-timeout 5\nreplay-window 4096 15\n");
    REQUIRE(read.profile.has_value());
    const RekeyOptions& rekey = read.profile->rekey;
    EXPECT(rekey.every == seconds(604800));
    EXPECT(rekey.bytes == 64000000);
    EXPECT(rekey.packets == 7);
    EXPECT(rekey.hand_window == seconds(20));
    EXPECT(rekey.tran_window == seconds(600));
    EXPECT(rekey.tls_timeout == seconds(5));
    EXPECT(read.profile->replay_window == 4096);
    EXPECT(read_with("replay-window 64 15").profile->replay_window == 2048);
    EXPECT(read_with("reneg-sec 0").profile->rekey.every == seconds(0));
  }

  TEST_CASE("R30: absurd numbers are refused") {
    for (const std::string_view name :
         {"reneg-sec", "hand-window", "tran-window", "tls-timeout", "ping", "ping-restart",
          "ping-exit", "inactive", "session-timeout", "tun-mtu", "mssfix", "replay-window",
          "connect-timeout", "server-poll-timeout", "explicit-exit-notify", "max-packet-size"}) {
      for (const std::string_view value : {"-1", "4294967296", "18446744073709551616", "1e9",
                                           "\"\"", "0x10", "5s", "\" 5\"", "+5"}) {
        CAPTURE(name);
        CAPTURE(value);
        EXPECT(first_ruling(std::string(name) + " " + std::string(value)).verdict ==
               Verdict::kRefused);
      }
    }
    for (const std::string_view line : {"ping 86401", "tun-mtu 0", "tun-mtu 575", "hand-window 0",
                                        "replay-window 65537", "mssfix 100"})
      EXPECT(first_ruling(line).verdict == Verdict::kRefused);
  }

  TEST_CASE("resolvers in the variables of Qubes-vpn-support and qubes-tunnel are resolvers") {
    const auto resolvers_of = [](std::string_view lines) {
      std::vector<std::string> texts;
      const ReadProfile read = read_with(lines);
      for (const base::IpAddress& address : read.profile->tunnel.dns_servers)
        texts.push_back(address.to_string());
      return texts;
    };
    using Texts = std::vector<std::string>;
    EXPECT(resolvers_of("setenv vpn_dns \"198.51.100.10  198.51.100.11\"") ==
           Texts{"198.51.100.10", "198.51.100.11"});
    EXPECT(resolvers_of("setenv tunnel_dns 2001:db8::53\ndhcp-option DNS 198.51.100.10") ==
           Texts{"2001:db8::53", "198.51.100.10"});
    for (const std::string_view line : {"setenv vpn_dns", "setenv vpn_dns \" \"",
                                        "setenv vpn_dns resolver", "setenv tunnel_dns 127.0.0.1"}) {
      CAPTURE(line);
      EXPECT(ruling_at(read_with(line).report, kFirstAdded).verdict != Verdict::kHonoured);
      EXPECT(read_with(line).report.usable());
    }
  }

  TEST_CASE("the tunnel's options of the file are its start") {
    const ReadProfile read = read_with(
        "topology subnet\nping 15\nping-restart 0\ninactive 600 1000\nsession-timeout 9\n"
        "dhcp-option DNS 9.9.9.9\ndhcp-option DOMAIN example.net\nroute 10.0.0.0 255.0.0.0\n"
        "redirect-gateway def1\nblock-ipv6\ntun-mtu 1400\nmssfix 1300 mtu\ncomp-lzo no\n");
    REQUIRE(read.profile.has_value());
    const TunnelOptions& tunnel = read.profile->tunnel;
    EXPECT(tunnel.topology == Topology::kSubnet);
    EXPECT(tunnel.ping == seconds(15));
    EXPECT(tunnel.ping_restart == seconds(0));
    EXPECT(tunnel.inactive == seconds(600));
    EXPECT(tunnel.inactive_bytes == 1000);
    EXPECT(tunnel.dns_servers.size() == 1);
    EXPECT(tunnel.search_domains == std::vector<std::string>{"example.net"});
    EXPECT(tunnel.routes.size() == 1);
    EXPECT(tunnel.redirect_gateway);
    EXPECT(tunnel.block_ipv6);
    EXPECT(tunnel.tun_mtu == 1400);
    EXPECT(tunnel.mssfix == 1300);
    EXPECT(tunnel.mssfix_counts_outer_headers);
    EXPECT(tunnel.compression == CompressionFraming::kLzo);
  }

  TEST_CASE("allow-compression no is kept, wherever it stands") {
    for (const char* const lines :
         {"allow-compression no\ncomp-lzo\n", "comp-lzo\nallow-compression no\n"})
      EXPECT(read_with(lines).profile->tunnel.forbid_decompression);
    for (const char* const lines : {"", "allow-compression asym\n", "allow-compression yes\n"})
      EXPECT_FALSE(read_with(lines).profile->tunnel.forbid_decompression);
    EXPECT_FALSE(read_with("allow-compression perhaps\n").profile.has_value());
  }

  TEST_CASE("a client that pulls takes two minutes of silence for the end, until told otherwise") {
    EXPECT(read_with("").profile->tunnel.ping_restart == seconds(120));
    EXPECT(read_with("keepalive 10 60").profile->tunnel.ping_restart == seconds(60));
    EXPECT(read_with("ping-exit 0").profile->tunnel.ping_restart == seconds(0));
  }

  TEST_CASE(
      "max-packet-size is the mssfix of data packets, too, unless a later line says another") {
    const auto limit = [](std::string_view lines) {
      const TunnelOptions tunnel = read_with(lines).profile->tunnel;
      return std::pair(tunnel.mssfix, tunnel.mssfix_counts_outer_headers);
    };
    EXPECT(limit("max-packet-size 1000") == std::pair(std::optional<std::uint16_t>(1000), true));
    EXPECT(limit("max-packet-size 1000\nmssfix 1200") ==
           std::pair(std::optional<std::uint16_t>(1200), false));
    EXPECT(limit("mssfix 1200\nmax-packet-size 1000").first == 1000);
    // As OpenVPN has it.
    EXPECT(read_with("mssfix 1200 fixed\nmax-packet-size 1000").profile->tunnel.mssfix_fixed);
  }

  TEST_CASE("in a <connection>, mssfix and max-packet-size are that connection's alone") {
    const ReadProfile read = read_text(
        "client\nca ca.crt\nremote-cert-tls server\nmssfix 1400 fixed\n"
        "<connection>\nremote a\nmax-packet-size 1000\n</connection>\n"
        "<connection>\nremote b\nmssfix 1300 mtu\n</connection>\n"
        "<connection>\nremote c\n</connection>\n");
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->tunnel.mssfix == 1400);
    const auto& remotes = read.profile->remotes;
    EXPECT(remotes[0].mssfix->size == 1000);
    EXPECT(remotes[0].mssfix->counts_outer_headers);
    EXPECT(remotes[0].mssfix->fixed);
    EXPECT(remotes[1].mssfix->size == 1300);
    EXPECT_FALSE(remotes[1].mssfix->fixed);
    EXPECT_FALSE(remotes[2].mssfix.has_value());
  }

  TEST_CASE("packets larger than AppVMs' links carry are not asked for, and the user is told") {
    for (const std::string_view size : {"1601", "6000", "9000", "60000"}) {
      CAPTURE(size);
      const ReadProfile read = read_with("tun-mtu " + std::string(size));
      REQUIRE(read.profile.has_value());
      EXPECT(read.profile->tunnel.tun_mtu == 1500);
      EXPECT(has_warning(read.report, "tun-mtu"));
    }
    EXPECT(read_with("tun-mtu 1600").profile->tunnel.tun_mtu == 1600);
    EXPECT_FALSE(has_warning(read_with("tun-mtu 1600").report, "tun-mtu"));
  }

  TEST_CASE("a pause of 0 between attempts is the least there is") {
    const ReconnectPolicy policy = read_with("connect-retry 0 1").profile->reconnect;
    EXPECT(policy.initial == seconds(1));
    EXPECT(policy.maximum == seconds(1));
    EXPECT(read_with("connect-retry 0 0").profile->reconnect.maximum == seconds(1));
  }

  TEST_CASE("scripts that only set resolvers are not missed, and no other is run or left out") {
    for (const std::string_view line :
         {"up /etc/openvpn/update-resolv-conf", "down /etc/openvpn/update-resolv-conf",
          "up /etc/openvpn/update-systemd-resolved", "down-pre\ndown update-systemd-resolved",
          "up 'qubes-vpn-handler.sh up'", "down \"qubes-vpn-handler.sh down\"",
          "up \"/usr/lib/qubes/qtunnel-connect up\"", "route-up /etc/openvpn/update-resolv-conf.sh",
          "plugin /usr/lib/openvpn/openvpn-plugin-down-root.so \"/etc/openvpn/update-resolv-conf\"",
          "dns-updown disable", "dns-updown force"}) {
      CAPTURE(line);
      const ReadProfile read = read_with(line);
      EXPECT(read.report.usable());
      EXPECT(ruling_at(read.report, kFirstAdded).verdict == Verdict::kIgnored);
    }
    for (const std::string_view line :
         {"up /etc/openvpn/up.sh", "up \"/bin/sh update-resolv-conf\"", "up",
          "up /etc/update-resolv-conf/run", "up update-resolv-conf-and-more",
          "tls-verify update-resolv-conf", "plugin update-resolv-conf",
          "plugin openvpn-plugin-down-root.so /etc/openvpn/down.sh",
          "plugin openvpn-plugin-down-root.so", "dns-updown /etc/openvpn/mine"}) {
      CAPTURE(line);
      EXPECT(first_ruling(line).verdict == Verdict::kRefused);
    }
  }

  TEST_CASE("mssfix has four forms") {
    EXPECT_FALSE(read_with("mssfix").profile->tunnel.mssfix.has_value());
    EXPECT(read_with("mssfix 0").profile->tunnel.mssfix == 0);
    EXPECT(read_with("mssfix 1450").profile->tunnel.mssfix == 1450);
    EXPECT_FALSE(read_with("mssfix 1450").profile->tunnel.mssfix_counts_outer_headers);
    EXPECT(read_with("mssfix 1400 fixed").profile->tunnel.mssfix_fixed);
    EXPECT_FALSE(read_with("mssfix 1400 outer").report.usable());
  }

  TEST_CASE("what a server may push can be filtered") {
    const ReadProfile read = read_with(
        "pull-filter accept \"dhcp-option DNS 10.\"\npull-filter ignore \"dhcp-option DNS\"\n"
        "pull-filter reject auth-token\nroute-nopull\n");
    REQUIRE(read.profile.has_value());
    EXPECT(read.profile->pull.nopull_routes);
    REQUIRE(read.profile->pull.filters.size() == 3);
    EXPECT(read.profile->pull.filters[1].action == PullAction::kIgnore);
    EXPECT(read.profile->pull.filters[1].prefix == "dhcp-option DNS");
    EXPECT_FALSE(read_with("pull-filter drop x").report.usable());
  }

  TEST_CASE("verify-hash takes SHA-1 and SHA-256, alone or several, and nothing else") {
    const std::string sha1 = "AD:B0:95:D8:09:C8:36:45:12:A9:89:C8:90:09:CB:13:72:A6:AD:16";
    const auto hashes_of = [](const std::string& lines) {
      return read_with(lines).profile->tls.peer.issuer_fingerprints;
    };
    EXPECT(hashes_of("verify-hash " + sha1).at(0).size() == 20);
    EXPECT(hashes_of("verify-hash " + sha1 + " SHA1").size() == 1);
    EXPECT(hashes_of("<verify-hash>\n" + sha1 + "\n" + sha1 + "\n</verify-hash>\n").size() == 2);
    for (const std::string& line :
         {"verify-hash " + sha1 + " SHA256", "verify-hash " + sha1 + " MD5",
          "verify-hash " + sha1 + ":00", std::string("verify-hash x"),
          std::string("<verify-hash>\n</verify-hash>")}) {
      CAPTURE(line);
      EXPECT_FALSE(read_with(line).report.usable());
    }
  }

  TEST_CASE("static-challenge keeps its question printable") {
    const ReadProfile read = read_with("auth-user-pass\nstatic-challenge \"Your\tPIN?\" 0");
    REQUIRE(read.profile.has_value());
    EXPECT_FALSE(read.profile->login.static_challenge->echo);
    EXPECT(read.profile->login.static_challenge->question.starts_with("Your"));
    EXPECT(read.profile->login.static_challenge->question.find('\t') == std::string::npos);
    EXPECT_FALSE(read.profile->login.static_challenge->concatenated);
    EXPECT_FALSE(read_with("static-challenge x yes").report.usable());
    // Since OpenVPN 2.7.
    EXPECT(read_with("static-challenge T 1 concat").profile->login.static_challenge->concatenated);
    EXPECT_FALSE(
        read_with("static-challenge T 1 scrv1").profile->login.static_challenge->concatenated);
    EXPECT_FALSE(read_with("static-challenge T 1 other").report.usable());
  }

  TEST_CASE("what is no PKCS#12 file, or comes beside cert and key, is refused") {
    EXPECT(first_ruling("pkcs12 ca.crt").reason.contains("no PKCS#12 file"));
    EXPECT(first_ruling("<pkcs12>\n!\n</pkcs12>").reason.contains("not base64"));
    const ReadProfile missing = read_text("client\nremote a\npkcs12 missing.p12\n");
    EXPECT(missing.report.problems().size() == 1);
    EXPECT(first_ruling("pkcs12 ca.crt\ncert client.crt\nkey client.key").verdict ==
           Verdict::kRefused);
  }

  TEST_CASE("setenv sets only what has a meaning") {
    const ReadProfile read = read_with(
        "setenv UV_ID \"a b\"\nsetenv UV_ID c\nsetenv UV_X y\npush-peer-info\nsetenv FOO bar\n"
        "setenv FRIENDLY_NAME \"Z\xc3\xbcrich\"\nsetenv SERVER_POLL_TIMEOUT 4\nsetenv IV_GUI_VER "
        "1\n");
    for (const std::string& problem : read.report.problems()) FAIL(problem);
    REQUIRE(read.profile.has_value());
    using Environment = std::vector<std::pair<std::string, std::string>>;
    EXPECT(read.profile->peer_info.environment == Environment{{"UV_ID", "c"}, {"UV_X", "y"}});
    EXPECT(read.profile->peer_info.push_all);
    EXPECT(read.profile->remotes[0].connect_timeout == seconds(4));
    EXPECT(ruling_at(read.report, 11).verdict == Verdict::kIgnored);
    EXPECT(read_with("setenv PUSH_PEER_INFO").profile->peer_info.push_all);
    EXPECT(read_with("setenv REMOTE_RANDOM_HOSTNAME 1").profile->remote_random_hostname);
    EXPECT(read_with("remote-random-hostname").profile->remote_random_hostname);
    for (const std::string_view line :
         {"setenv GENERIC_CONFIG 1", "setenv UV_A-B 1", "setenv UV_A \"1\tIV_VER=2\"",
          "setenv SERVER_POLL_TIMEOUT x", "setenv opt"}) {
      CAPTURE(line);
      EXPECT_FALSE(read_with(line).report.usable());
    }
  }

  TEST_CASE("routes that cannot be are refused, and names of hosts are not looked up") {
    for (const std::string_view line :
         {"route 10.0.0.0 255.0.255.0", "route 1.2.3", "route 10.0.0.0 255.0.0.0 1.2.3 x",
          "route-gateway net_gateway", "redirect-gateway everything", "route 10.137.0.5"}) {
      CAPTURE(line);
      EXPECT(first_ruling(line).verdict == Verdict::kRefused);
    }
    EXPECT(first_ruling("route intranet.example.net").verdict == Verdict::kIgnored);
    EXPECT(first_ruling("route 0.0.0.0 0.0.0.0 vpn_gateway 1").verdict == Verdict::kHonoured);
    EXPECT(first_ruling("route 10.0.0.0 255.0.0.0 gw.example.net").verdict == Verdict::kHonoured);
    EXPECT(first_ruling("route-gateway dhcp").verdict == Verdict::kIgnored);
  }

  TEST_CASE("routes of the file that can have no effect do not stand in its way") {
    for (const std::string_view line :
         {"route remote_host 255.255.255.255 net_gateway", "route 10.0.0.0 255.0.0.0 net_gateway",
          "route 192.0.2.1 255.255.255.255 remote_host 1", "route net_gateway",
          "route-ipv6 2001:db8::/32 net_gateway", "route-ipv6 ::/128 ::1",
          "route 127.0.0.0 255.0.0.0", "route 169.254.0.0 255.255.0.0",
          "route 224.0.0.0 240.0.0.0"}) {
      CAPTURE(line);
      const ReadProfile read = read_with(line);
      REQUIRE(read.profile.has_value());
      EXPECT(ruling_at(read.report, kFirstAdded).verdict == Verdict::kIgnored);
      EXPECT(ruling_at(read.report, kFirstAdded).reason.ends_with("so it has no effect"));
      EXPECT(read.profile->tunnel.routes.empty());
    }
  }

  TEST_CASE("a server of `dns` that cannot be had as asked makes the line refused") {
    EXPECT(first_ruling("dns server -5 address 9.9.9.9").verdict == Verdict::kHonoured);
    EXPECT(first_ruling("dns server 1 transport DoT\ndns server 1 address 9.9.9.9").verdict ==
           Verdict::kRefused);
    EXPECT(first_ruling("dns server 200 address 9.9.9.9").verdict == Verdict::kRefused);
    EXPECT(first_ruling("dhcp-option DNS 127.0.0.1").verdict == Verdict::kRefused);
  }
}

}  // namespace
}  // namespace sallyport::openvpn
