#include "openvpn/server/push_reply.h"

#include <algorithm>

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kReply = "PUSH_REPLY";
constexpr std::string_view kMore = ",push-continuation 2";
constexpr std::string_view kLast = ",push-continuation 1";

bool is_removed(const ClientConfig* client, std::string_view option) {
  return client != nullptr &&
         std::ranges::any_of(client->push_remove,
                             [&](const std::string& prefix) { return option.starts_with(prefix); });
}

void add_flags(const PushFacts& facts, std::vector<std::string>& options) {
  const ProtocolFlags& flags = facts.agreed.flags;
  if (flags.cc_exit) {
    std::string text = "protocol-flags cc-exit";
    if (flags.tls_ekm) text += " tls-ekm";
    if (flags.dynamic_tls_crypt) text += " dyn-tls-crypt";
    options.push_back(std::move(text));
  } else if (flags.tls_ekm) {
    options.emplace_back("key-derivation tls-ekm");
  }
}

}  // namespace

std::vector<std::string> push_options(const PushFacts& facts) {
  std::vector<std::string> options;
  if (facts.client == nullptr || !facts.client->push_reset) {
    for (const std::string& option : facts.config.push) {
      if (!is_removed(facts.client, option)) options.push_back(option);
    }
  }
  if (facts.client != nullptr)
    options.insert(options.end(), facts.client->push.begin(), facts.client->push.end());
  if (facts.addresses.v6 && facts.config.pool->network6) {
    options.push_back("ifconfig-ipv6 " + facts.addresses.v6->to_string() + "/" +
                      std::to_string(facts.config.pool->network6->length()) + " " +
                      facts.config.pool->own6.to_string());
  }
  options.push_back("ifconfig " + facts.addresses.v4.to_string() + " " +
                    facts.addresses.second.to_string());
  if (facts.agreed.peer_id != kNoPeerId)
    options.push_back("peer-id " + std::to_string(facts.agreed.peer_id.value()));
  options.push_back("cipher " + std::string(name_of(*facts.agreed.cipher)));
  add_flags(facts, options);
  const CompressionFraming framing = facts.agreed.compression;
  if (facts.config.migrate_compression && framing != CompressionFraming::kNone)
    options.emplace_back(migration_push(framing));
  if (facts.abilities.takes_mtu)
    options.push_back("tun-mtu " + std::to_string(facts.config.tunnel.tun_mtu));
  if (!facts.token.empty()) {
    options.push_back("auth-token " + std::string(facts.token));
  }
  return options;
}

std::vector<std::string> push_messages(const std::vector<std::string>& options) {
  std::vector<std::string> messages;
  std::string current(kReply);
  for (const std::string& option : options) {
    // The NUL behind a message counts too.
    const std::size_t most = kMaxPushMessage - 1 - kMore.size();
    if (kReply.size() + 1 + option.size() > most) continue;
    if (current.size() + 1 + option.size() > most) {
      messages.push_back(current + std::string(kMore));
      current = kReply;
    }
    current += ",";
    current += option;
  }
  if (!messages.empty()) current += kLast;
  messages.push_back(std::move(current));
  return messages;
}

}  // namespace sallyport::openvpn
