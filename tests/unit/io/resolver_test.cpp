// Look-ups, with a name server of our own on the loopback device.
#include "io/resolver.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "io_fixture.h"
#include "test.h"

namespace sallyport::io {
namespace {

constexpr std::uint16_t kTypeA = 1;

// Answers what it knows, and what it does not with "no such name" (RFC 1035, section 4).
class NameServer {
 public:
  explicit NameServer(EventLoop& loop)
      : fd_(loopback_socket(SOCK_DGRAM)),
        watch_(loop, fd_.get(), FdWatch::Readiness::kReadable, [this] { answer(); }) {}

  std::string line() const { return "nameserver 127.0.0.1:" + std::to_string(port_of(fd_)) + "\n"; }

  std::map<std::string, std::vector<base::IpAddress>> names;
  std::vector<std::string> asked;
  bool silent = false;

 private:
  void answer() {
    std::array<std::uint8_t, 512> query{};
    sockaddr_in from{};
    socklen_t from_size = sizeof from;
    const ssize_t size = ::recvfrom(fd_.get(), query.data(), query.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &from_size);
    if (size < 12) return;
    const base::Bytes bytes = base::Bytes(query).first(static_cast<std::size_t>(size));
    base::ByteReader reader(bytes.subspan(12));
    std::string name;
    for (std::uint8_t label; (label = reader.u8().value_or(0)) != 0;)
      name += std::string(base::text_of(reader.take(label).value_or(base::Bytes{}))) + ".";
    const std::uint16_t type = reader.u16().value_or(0);
    asked.push_back(name);
    if (silent) return;

    std::vector<base::IpAddress> found;
    for (const base::IpAddress& address : names[name])
      if (address.is_v4() == (type == kTypeA)) found.push_back(address);
    base::ByteWriter reply;
    reply.bytes(bytes.first(2));
    reply.u16(names[name].empty() ? 0x8183 : 0x8180);
    reply.u16(1);
    reply.u16(static_cast<std::uint16_t>(found.size()));
    reply.u32(0);
    reply.bytes(bytes.subspan(12, bytes.size() - 12 - reader.remaining() + 2));
    for (const base::IpAddress& address : found) {
      reply.u16(0xc00c);
      reply.u16(type);
      reply.u16(1);
      reply.u32(60);
      reply.u16(static_cast<std::uint16_t>(address.wire().size()));
      reply.bytes(address.wire());
    }
    ::sendto(fd_.get(), reply.written().data(), reply.size(), 0,
             reinterpret_cast<const sockaddr*>(&from), from_size);
  }

  UniqueFd fd_;
  FdWatch watch_;
};

struct World {
  EventLoop loop;
  NameServer server{loop};
  TemporaryFolder folder;
  std::string resolv_conf = folder.file("resolv.conf", server.line());
  Resolver resolver{loop, resolv_conf};
  std::vector<Resolution> results;

  World() {
    server.names["vpn.example.net."] = {base::IpAddress::parse("192.0.2.1").value(),
                                        base::IpAddress::parse("192.0.2.2").value(),
                                        base::IpAddress::parse("2001:db8::1").value()};
  }
  void start(const std::string& host, ResolveFamily family = ResolveFamily::kAny) {
    resolver.start(host, family, [this](Resolution result) { results.push_back(result); });
  }
  Resolution look_up(const std::string& host, ResolveFamily family = ResolveFamily::kAny) {
    results.clear();
    start(host, family);
    REQUIRE(run_until(loop, [&] { return !results.empty(); }));
    return results[0];
  }
  std::string texts(const Resolution& resolution) {
    std::string text;
    for (const base::IpAddress& address : resolution.addresses) text += address.to_string() + " ";
    return text;
  }
};

TEST_SUITE("io/resolver") {
  TEST_CASE("finds the addresses of the families that are wanted") {
    World world;
    EXPECT(world.texts(world.look_up("vpn.example.net", ResolveFamily::kIpv4)) ==
           "192.0.2.1 192.0.2.2 ");
    EXPECT(world.texts(world.look_up("vpn.example.net", ResolveFamily::kIpv6)) == "2001:db8::1 ");
    const Resolution both = world.look_up("vpn.example.net");
    EXPECT(both.addresses.size() == 3);
    EXPECT(both.failure.empty());
  }

  TEST_CASE("asks for the profile's name alone, in its own letters and without search domains") {
    World world;
    world.folder.file("resolv.conf",
                      "search home.example\noptions ndots:5\n" + world.server.line());
    world.server.names["Vpn.Example.net."] = world.server.names["vpn.example.net."];
    world.look_up("Vpn.Example.net");
    world.look_up("nowhere");
    for (const std::string& name : world.server.asked) {
      CAPTURE(name);
      EXPECT((name == "Vpn.Example.net." || name == "nowhere."));
    }
  }

  TEST_CASE("a name that does not exist has a reason and no address") {
    World world;
    const Resolution none = world.look_up("no-such.example.net");
    EXPECT(none.addresses.empty());
    EXPECT_FALSE(none.failure.empty());
  }

  TEST_CASE("a literal needs no name server") {
    World world;
    EXPECT(world.texts(world.look_up("192.0.2.77")) == "192.0.2.77 ");
    EXPECT(world.texts(world.look_up("2001:db8::77")) == "2001:db8::77 ");
    EXPECT(world.server.asked.empty());
  }

  TEST_CASE("resolv.conf is read anew each time, since the uplink may have changed") {
    World world;
    NameServer other(world.loop);
    other.names["vpn.example.net."] = {base::IpAddress::parse("198.51.100.1").value()};
    EXPECT(world.look_up("vpn.example.net").addresses.size() == 3);
    world.folder.file("resolv.conf", other.line());
    EXPECT(world.texts(world.look_up("vpn.example.net")) == "198.51.100.1 ");
  }

  TEST_CASE("without a resolv.conf it says so") {
    World world;
    Resolver lost(world.loop, world.folder.path("none"));
    std::optional<Resolution> result;
    lost.start("vpn.example.net", ResolveFamily::kAny,
               [&](Resolution resolution) { result = std::move(resolution); });
    EXPECT_FALSE(result.has_value());
    REQUIRE(run_until(world.loop, [&] { return result.has_value(); }));
    EXPECT(result->failure.contains("resolver"));
  }

  TEST_CASE("a look-up that is cancelled calls nobody, and leaves nothing behind") {
    World world;
    world.server.silent = true;
    world.start("vpn.example.net");
    REQUIRE(run_until(world.loop, [&] { return !world.server.asked.empty(); }));
    world.resolver.cancel();
    world.resolver.cancel();
    world.server.silent = false;
    // Long enough for what was under way to come back.
    EXPECT(world.look_up("192.0.2.77").addresses.size() == 1);
    EXPECT(run_until(world.loop, [turns = 0]() mutable { return ++turns > 20; }));
    EXPECT(world.results.size() == 1);
  }

  TEST_CASE("a new look-up replaces the old one, whose answer is not heard") {
    World world;
    world.server.names["second.example.net."] = {base::IpAddress::parse("198.51.100.2").value()};
    for (int i = 0; i < 5; ++i) world.start("vpn.example.net");
    EXPECT(world.texts(world.look_up("second.example.net")) == "198.51.100.2 ");
    EXPECT(run_until(world.loop, [turns = 0]() mutable { return ++turns > 20; }));
    EXPECT(world.results.size() == 1);
  }

  TEST_CASE("the callback may start the next look-up") {
    World world;
    std::optional<Resolution> second;
    world.resolver.start("no-such.example.net", ResolveFamily::kAny, [&](Resolution) {
      world.resolver.start("vpn.example.net", ResolveFamily::kIpv6,
                           [&](Resolution resolution) { second = std::move(resolution); });
    });
    REQUIRE(run_until(world.loop, [&] { return second.has_value(); }));
    EXPECT(world.texts(*second) == "2001:db8::1 ");
  }

  TEST_CASE("a resolver that goes while it asks leaves nothing behind") {
    World world;
    world.server.silent = true;
    {
      Resolver short_lived(world.loop, world.resolv_conf);
      short_lived.start("vpn.example.net", ResolveFamily::kAny,
                        [&](Resolution resolution) { world.results.push_back(resolution); });
      REQUIRE(run_until(world.loop, [&] { return world.server.asked.size() == 2; }));
    }
    EXPECT(run_until(world.loop, [turns = 0]() mutable { return ++turns > 20; }));
    EXPECT(world.results.empty());
  }
}

}  // namespace
}  // namespace sallyport::io
