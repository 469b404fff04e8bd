// up, down and their like name programs, and none is ever run. Most profiles that have such a line
// name one of a few scripts that only set resolvers, which is done here without them; any other
// may be what makes the tunnel work, so its line is refused.
#include <algorithm>
#include <array>

#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/option_table.h"
#include "openvpn/profile/profile_files.h"

namespace sallyport::openvpn {
namespace {

// Of Debian and its relatives, of the packages openvpn-systemd-resolved and qubes-tunnel, of the
// guide in Qubes' documentation and of Qubes-vpn-support; OpenVPN's own since 2.7 is dns-updown.
constexpr std::array<std::string_view, 8> kResolverScripts = {
    "update-resolv-conf",      "update-resolv-conf.sh",
    "update-systemd-resolved", "update-systemd-resolved.sh",
    "qubes-vpn-handler.sh",    "qubes-vpn-ns",
    "qtunnel-connect",         "dns-updown"};

constexpr std::string_view kResolversAreSet =
    "that script sets resolvers, which is done here without it: AppVMs use those of the tunnel";

// `command` is a path with its arguments, in one word.
bool sets_resolvers(std::string_view command) {
  const std::string_view path = command.substr(0, command.find_first_of(" \t"));
  return std::ranges::find(kResolverScripts, file_name_of(path)) != kResolverScripts.end();
}

Ruling refused_by_row(std::string_view name) {
  return refused(std::string(find_option(name)->reason));
}

Ruling rule_on_script(Directive& directive, ProfileDraft&) {
  if (sets_resolvers(directive.words.word_or(1, ""))) return ignored(std::string(kResolversAreSet));
  return refused_by_row(directive.words.name());
}

// openvpn-plugin-down-root runs a script when there are no rights left to do so.
Ruling rule_on_plugin(Directive& directive, ProfileDraft&) {
  const std::string_view module = file_name_of(directive.words.word_or(1, ""));
  if (module.contains("down-root") && sets_resolvers(directive.words.word_or(2, "")))
    return ignored(std::string(kResolversAreSet));
  return refused_by_row("plugin");
}

Ruling rule_on_dns_updown(Directive& directive, ProfileDraft& draft) {
  const std::string_view word = directive.words.word_or(1, "");
  if (word == "disable" || word == "force") return ignored("no such program ever runs");
  return rule_on_script(directive, draft);
}

constexpr std::array kRows = {
    OptionHandlerRow{"up", rule_on_script},
    OptionHandlerRow{"down", rule_on_script},
    OptionHandlerRow{"route-up", rule_on_script},
    OptionHandlerRow{"route-pre-down", rule_on_script},
    OptionHandlerRow{"plugin", rule_on_plugin},
    OptionHandlerRow{"dns-updown", rule_on_dns_updown},
};

}  // namespace

std::span<const OptionHandlerRow> script_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
