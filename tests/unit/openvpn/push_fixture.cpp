#include "push_fixture.h"

#include "openvpn/profile/cipher_list.h"
#include "test.h"

namespace sallyport::openvpn {

std::vector<DataCipher> offered_ciphers() {
  return default_ciphers();
}

Pushed push(std::string_view options, const PullOptions& pull, const TunnelOptions& start) {
  PushAssembler assembler;
  const auto reply = assembler.add("PUSH_REPLY," + std::string(options));
  REQUIRE(reply.has_value());
  REQUIRE(reply->has_value());
  return apply_push(start, pull, offered_ciphers(), **reply);
}

Pushed push_with_address(std::string_view options, const PullOptions& pull,
                         const TunnelOptions& start) {
  return push("topology subnet,ifconfig 10.8.0.2 255.255.255.0," + std::string(options), pull,
              start);
}

Ruling ruling_on(std::string_view option) {
  const Pushed pushed = push_with_address(option);
  if (!pushed) return refused("fatal: " + pushed.error().text);
  if (pushed->notes.empty()) return honoured();
  return pushed->notes[0].ruling;
}

}  // namespace sallyport::openvpn
