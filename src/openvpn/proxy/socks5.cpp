#include "openvpn/proxy/socks5.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kNoLogin = 0;
constexpr std::uint8_t kPasswordLogin = 2;
constexpr std::uint8_t kLoginVersion = 1;
constexpr std::uint8_t kConnect = 1;
constexpr std::uint8_t kAssociate = 3;
constexpr std::uint8_t kIpv4 = 1;
constexpr std::uint8_t kName = 3;
constexpr std::uint8_t kIpv6 = 4;
constexpr std::size_t kMaxText = 255;

void add_address(base::ByteWriter& out, const ProxyTarget& target) {
  if (const auto address = base::IpAddress::parse(target.host)) {
    out.u8(address->is_v4() ? kIpv4 : kIpv6);
    out.bytes(address->wire());
  } else {
    out.u8(kName);
    out.u8(static_cast<std::uint8_t>(std::min(target.host.size(), kMaxText)));
    out.bytes(base::bytes_of(std::string_view(target.host).substr(0, kMaxText)));
  }
  out.u16(target.port);
}

struct Address {
  std::optional<base::IpAddress> address;  // empty: it was a name
  std::uint16_t port = 0;
};

// Empty while bytes are missing, or for a type that there is not; `unknown` tells which.
std::optional<Address> read_address(base::ByteReader& reader, bool& unknown) {
  const auto type = reader.u8();
  if (!type) return std::nullopt;
  Address result;
  std::size_t size = 0;
  if (*type == kName) {
    const auto length = reader.u8();
    if (!length) return std::nullopt;
    size = *length;
  } else if (*type == kIpv4 || *type == kIpv6) {
    size = *type == kIpv4 ? 4 : 16;
  } else {
    unknown = true;
    return std::nullopt;
  }
  const auto bytes = reader.take(size);
  const auto port = bytes ? reader.u16() : std::nullopt;
  if (!port) return std::nullopt;
  if (*type == kIpv4) {
    base::ByteReader value(*bytes);
    result.address = base::IpAddress::v4(*value.u32());
  } else if (*type == kIpv6) {
    std::array<std::uint8_t, base::IpAddress::kSize> value;
    std::ranges::copy(*bytes, value.begin());
    result.address = base::IpAddress::v6(value);
  }
  result.port = *port;
  return result;
}

std::string_view describe_reply(std::uint8_t code) {
  switch (code) {
    case 1:
      return "it failed";
    case 2:
      return "its rules forbid it";
    case 3:
      return "the network is unreachable";
    case 4:
      return "the server is unreachable";
    case 5:
      return "the server refuses the connection";
    case 6:
      return "the time to live has run out";
    case 7:
      return "it does not know the command";
    case 8:
      return "it does not know the kind of address";
    default:
      return "it gives no known reason";
  }
}

}  // namespace

Socks5::Socks5(std::shared_ptr<const ProxyOptions> options, ProxyTarget target, Purpose purpose)
    : options_(std::move(options)), target_(std::move(target)), purpose_(purpose) {}

void Socks5::begin() {
  step_ = Step::kMethod;
  received_.clear();
  output_ = {};
  base::ByteWriter out(4);
  out.u8(kVersion);
  if (options_->username.empty()) {
    out.u8(1);
    out.u8(kNoLogin);
  } else {
    out.u8(2);
    out.u8(kNoLogin);
    out.u8(kPasswordLogin);
  }
  say(out);
}

// Each answer is taken whole and no further: what follows the last one is the server's.
ProxyProgress Socks5::receive(base::Bytes& input) {
  while (!input.empty()) {
    received_.push_back(input.front());
    input = input.subspan(1);
    if (received_.front() != (step_ == Step::kLogin ? kLoginVersion : kVersion))
      return proxy_failed("the proxy does not speak SOCKS 5");
    if (step_ != Step::kReply && received_.size() < 2) continue;
    if (step_ == Step::kReply) {
      bool complete = false;
      ProxyProgress progress = take_reply(complete);
      if (complete) return progress;
      continue;
    }
    const std::uint8_t value = received_[1];
    received_.clear();
    ProxyProgress progress = step_ == Step::kMethod ? take_method(value)
                             : value == 0
                                 ? send_request()
                                 : proxy_failed("the proxy refuses the user name and password");
    if (progress.kind != ProxyProgress::Kind::kMore) return progress;
  }
  return {};
}

// Behind what is not sent yet: a proxy that answers before it is asked changes nothing.
void Socks5::say(base::ByteWriter& message) {
  const base::SecretBytes more(message.take());
  base::ByteWriter all(output_.size() + more.size());
  all.bytes(output_.reveal());
  all.bytes(more.reveal());
  output_ = base::SecretBytes(all.take());
}

ProxyProgress Socks5::take_method(std::uint8_t method) {
  if (method == kNoLogin) return send_request();
  if (options_->username.empty()) return proxy_failed("the proxy wants a user name and password");
  if (method != kPasswordLogin)
    return proxy_failed("the proxy wants a login of a kind that is not known here");
  const std::size_t name = options_->username.size(), password = options_->password.size();
  if (name > kMaxText || password > kMaxText)
    return proxy_failed("a user name or password for SOCKS has at most 255 bytes");
  base::ByteWriter out(3 + name + password);
  out.u8(kLoginVersion);
  out.u8(static_cast<std::uint8_t>(name));
  out.bytes(options_->username.reveal());
  out.u8(static_cast<std::uint8_t>(password));
  out.bytes(options_->password.reveal());
  say(out);
  step_ = Step::kLogin;
  return {};
}

ProxyProgress Socks5::send_request() {
  base::ByteWriter out(kMaxText + 7);
  out.u8(kVersion);
  out.u8(purpose_ == Purpose::kStream ? kConnect : kAssociate);
  out.u8(0);
  // For datagrams: from any address of ours, which a NetVM translates on the way.
  add_address(out, purpose_ == Purpose::kStream ? target_ : ProxyTarget{"0.0.0.0", 0});
  say(out);
  step_ = Step::kReply;
  return {};
}

ProxyProgress Socks5::take_reply(bool& complete) {
  complete = true;
  if (received_.size() >= 2 && received_[1] != 0)
    return proxy_failed("the proxy does not connect: " + std::string(describe_reply(received_[1])));
  complete = false;
  if (received_.size() < 4) return {};
  base::ByteReader reader(base::Bytes(received_).subspan(3));
  bool unknown = false;
  const auto bound = read_address(reader, unknown);
  complete = unknown || bound.has_value();
  if (!complete) return {};
  if (unknown) return proxy_failed("the proxy's answer has an address of no known kind");
  if (purpose_ == Purpose::kStream) return {ProxyProgress::Kind::kDone};
  if (!bound->address || bound->port == 0)
    return proxy_failed("the proxy does not say where it takes datagrams");
  ProxyRelay relay{bound->address, bound->port};
  // "Here", for many proxies.
  if (relay.address == base::IpAddress::v4(0) || relay.address == base::IpAddress::v6({}))
    relay.address.reset();
  return {ProxyProgress::Kind::kDone, {}, relay};
}

std::vector<std::uint8_t> socks_datagram_header(const ProxyTarget& target) {
  base::ByteWriter out(kMaxText + 7);
  out.u16(0);
  out.u8(0);  // not a fragment
  add_address(out, target);
  return out.take();
}

std::optional<base::MutableBytes> without_socks_header(base::MutableBytes datagram) {
  base::ByteReader reader(datagram);
  const auto reserved = reader.u16();
  const auto fragment = reserved ? reader.u8() : std::nullopt;
  bool unknown = false;
  if (!fragment || *fragment != 0 || !read_address(reader, unknown)) return std::nullopt;
  return datagram.last(reader.remaining());
}

}  // namespace sallyport::openvpn
