// setenv, push-peer-info, ignore-unknown-option, and two names whose verdict depends on a value:
// key-method, and what `setenv` abuses as options (docs/protocol.md, "Profiles").
#include <algorithm>
#include <array>
#include <cctype>

#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

// Peer info is one message of the handshake and shares its 2048 bytes with everything else.
constexpr std::size_t kMaxVariables = 32;
constexpr std::size_t kMaxVariableSize = 256;

bool is_variable_name(std::string_view name) {
  return std::ranges::all_of(
      name, [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '_'); });
}

bool is_printable(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// UV_*: sent to the server with push-peer-info.
Ruling set_user_variable(std::string_view name, std::string_view value, ProfileDraft& draft) {
  if (!is_variable_name(name) || !is_printable(value) ||
      name.size() + value.size() > kMaxVariableSize)
    return refused("a variable for the server is printable ASCII of at most " +
                   std::to_string(kMaxVariableSize) + " bytes");
  auto& environment = draft.profile.peer_info.environment;
  const auto same =
      std::ranges::find(environment, name, [](const auto& pair) { return pair.first; });
  if (same != environment.end()) {
    same->second = value;
    return honoured();
  }
  if (environment.size() == kMaxVariables)
    return refused("there are more than " + std::to_string(kMaxVariables) + " variables");
  environment.emplace_back(name, value);
  return honoured();
}

Ruling set_poll_timeout(Directive& directive, ProfileDraft& draft) {
  directive.words.drop_front(1);
  return find_option_handler("server-poll-timeout")(directive, draft);
}

// Where Qubes-vpn-support and qubes-tunnel look for resolvers: addresses with blanks between them.
Ruling add_resolvers(std::string_view addresses, ProfileDraft& draft) {
  bool any = false;
  while (!addresses.empty()) {
    addresses.remove_prefix(std::min(addresses.size(), addresses.find_first_not_of(" ,")));
    const std::string_view address = addresses.substr(0, addresses.find_first_of(" ,"));
    addresses.remove_prefix(address.size());
    if (address.empty()) continue;
    const auto words = ConfigWords::split("dhcp-option DNS " + std::string(address));
    if (!words) return ignored(words.error());
    Ruling ruling = find_tunnel_handler("dhcp-option")(*words, draft.tunnel);
    if (ruling.verdict != Verdict::kHonoured) return ignored(std::move(ruling.reason));
    any = true;
  }
  return any ? honoured("as 'dhcp-option DNS'") : ignored("there is no address in it");
}

Ruling set_variable(Directive& directive, ProfileDraft& draft) {
  const std::string_view name = directive.words[1];
  const std::string_view value = directive.words.word_or(2, "");
  if (name.starts_with("UV_")) return set_user_variable(name, value, draft);
  if (name == "CLIENT_CERT") {
    draft.certificate_optional = value == "0";
    return honoured();
  }
  if (name == "PUSH_PEER_INFO") {
    draft.profile.peer_info.push_all = true;
    return honoured();
  }
  // Looked for before the first line is ruled: it holds for the whole file.
  if (name == "FORWARD_COMPATIBLE") return honoured();
  if (name == "SERVER_POLL_TIMEOUT") {
    if (directive.words.size() < 3) return refused("it takes a number of seconds");
    return set_poll_timeout(directive, draft);
  }
  if (name == "GENERIC_CONFIG")
    return refused("this is a template without keys; get a profile of your own from the server");
  if (name == "REMOTE_RANDOM_HOSTNAME") {
    draft.profile.remote_random_hostname = true;
    return honoured();
  }
  if (name == "vpn_dns" || name == "tunnel_dns") return add_resolvers(value, draft);
  if (name == "opt") return refused("there is no option behind 'opt'");
  return ignored("only scripts would see it, and none runs");
}

Ruling set_push_peer_info(Directive&, ProfileDraft& draft) {
  draft.profile.peer_info.push_all = true;
  return honoured("without a hardware address, which is never told");
}

// Looked for before the first line is ruled: it holds for the whole file.
Ruling note_ignore_unknown(Directive&, ProfileDraft&) {
  return honoured();
}

Ruling rule_on_key_method(Directive& directive, ProfileDraft&) {
  if (directive.words[1] == "2") return ignored("method 2 is the only one there is");
  return refused("key method " + quoted(directive.words[1]) + " has no forward secrecy");
}

constexpr std::array kRows = {
    OptionHandlerRow{"setenv", set_variable},
    OptionHandlerRow{"push-peer-info", set_push_peer_info},
    OptionHandlerRow{"ignore-unknown-option", note_ignore_unknown},
    OptionHandlerRow{"key-method", rule_on_key_method},
};

}  // namespace

std::span<const OptionHandlerRow> environment_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
