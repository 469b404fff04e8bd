// Any bytes as a key-method-2 message: the first says whose, the rest is the message.
#include <algorithm>

#include "base/check.h"
#include "openvpn/wire/key_method.h"

namespace sallyport::openvpn {
namespace {

using ParseError = KeyMethodMessage::ParseError;

void expect_same(const KeyMethodMessage& one, const KeyMethodMessage& other) {
  const auto equal = [](const auto& a, const auto& b) {
    return std::ranges::equal(a.reveal(), b.reveal());
  };
  CHECK(equal(one.source.pre_master, other.source.pre_master));
  CHECK(equal(one.source.random1, other.source.random1));
  CHECK(equal(one.source.random2, other.source.random2));
  CHECK(equal(one.username, other.username) && equal(one.password, other.password));
  CHECK(one.options == other.options && one.peer_info == other.peer_info);
}

void run(Role sender, base::Bytes bytes) {
  const auto message = KeyMethodMessage::parse(sender, bytes);
  if (message) {
    CHECK(!message->options.empty());
    CHECK(message->options.find('\0') == std::string::npos);
    CHECK(message->peer_info.find('\0') == std::string::npos);
    const base::SecretBytes wire = message->serialize(sender);
    const auto back = KeyMethodMessage::parse(sender, wire.reveal());
    CHECK(back.has_value());
    expect_same(*message, *back);
  }
  // What more bytes may complete is whole or in order so far; what is malformed stays so.
  const auto part = KeyMethodMessage::parse(sender, bytes.first(bytes.size() / 2));
  if (!part && part.error() == ParseError::kMalformed)
    CHECK(!message && message.error() == ParseError::kMalformed);
}

}  // namespace
}  // namespace sallyport::openvpn

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  if (size == 0) return 0;
  const auto sender = (*data & 1) != 0 ? openvpn::Role::kClient : openvpn::Role::kServer;
  openvpn::run(sender, base::Bytes(data, size).subspan(1));
  return 0;
}
