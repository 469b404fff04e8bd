// setenv, providers, key-method, dns-updown: options whose verdict depends on what they say.
#include <array>

#include "openvpn/profile/printable.h"
#include "openvpn/server/server_draft.h"

namespace sallyport::openvpn {
namespace {

Ruling rule_on_variable(Directive& directive, ServerDraft&) {
  const std::string_view name = directive.words[1];
  // Both are looked for before the first line is ruled.
  if (name == "FORWARD_COMPATIBLE") return honoured();
  if (name == "opt") return refused("there is no option behind 'opt'");
  if (name == "GENERIC_CONFIG")
    return refused("this is a template without keys: complete it, and delete the line");
  return ignored("only scripts would see it, and none runs");
}

// Others than OpenSSL's own would be loaded, or are there to forbid something.
Ruling rule_on_providers(Directive& directive, ServerDraft&) {
  for (std::size_t i = 1; i < directive.words.size(); ++i) {
    if (directive.words[i] == "default" || directive.words[i] == "legacy") continue;
    return refused(quoted(directive.words[i]) +
                   " is not loaded: set OpenSSL up for all programs in its own openssl.cnf");
  }
  return ignored("OpenSSL's own configuration says which are there");
}

Ruling rule_on_key_method(Directive& directive, ServerDraft&) {
  if (directive.words[1] == "2") return ignored("method 2 is the only one there is");
  return refused("key method " + quoted(directive.words[1]) + " has no forward secrecy");
}

Ruling rule_on_dns_updown(Directive& directive, ServerDraft&) {
  if (directive.words.word_or(1, "") == "disable") return ignored("no such program ever runs");
  return refused("no program is ever run: write 'dns-updown disable', or delete the line");
}

constexpr std::array kRows = {
    ServerOptionRow{"setenv", rule_on_variable, {1, 2}, kList},
    ServerOptionRow{"providers", rule_on_providers, {0, kMany}},
    ServerOptionRow{"key-method", rule_on_key_method, {1, 1}},
    ServerOptionRow{"dns-updown", rule_on_dns_updown, {0, kMany}},
};

}  // namespace

std::span<const ServerOptionRow> server_environment_options() {
  return kRows;
}

}  // namespace sallyport::openvpn
