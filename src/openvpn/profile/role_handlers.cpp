// client, tls-client, pull, mode, dev, dev-type, and what is taken from the server: pull-filter,
// route-nopull.
#include <array>

#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kNoTap =
    "Ethernet tunnels (tap) are not supported: use a profile for 'dev tun'";

Ruling set_client(Directive&, ProfileDraft& draft) {
  draft.tls_client = draft.profile.pull.pull = true;
  return honoured();
}

Ruling set_tls_client(Directive&, ProfileDraft& draft) {
  draft.tls_client = true;
  return honoured();
}

Ruling set_pull(Directive&, ProfileDraft& draft) {
  draft.profile.pull.pull = true;
  return honoured();
}

Ruling set_mode(Directive& directive, ProfileDraft&) {
  if (directive.words[1] == "p2p") return honoured();
  if (directive.words[1] == "server") return refused("this is a server's file");
  return refused(quoted(directive.words[1]) + " is neither p2p nor server");
}

// The name of a device is a hint: there is no tunnel device whose name anyone sees.
Ruling set_dev(Directive& directive, ProfileDraft& draft) {
  const std::string_view name = directive.words[1];
  if (name.starts_with("tap")) return refused(std::string(kNoTap));
  if (name.starts_with("tun") || draft.says("dev-type")) return honoured();
  return refused(quoted(name) + " does not tell the kind of tunnel: write 'dev tun'");
}

Ruling set_dev_type(Directive& directive, ProfileDraft&) {
  if (directive.words[1] == "tun") return honoured();
  if (directive.words[1] == "tap") return refused(std::string(kNoTap));
  return refused(quoted(directive.words[1]) + " is no kind of tunnel; there is tun");
}

Ruling set_route_nopull(Directive&, ProfileDraft& draft) {
  draft.profile.pull.nopull_routes = true;
  return honoured();
}

Ruling add_pull_filter(Directive& directive, ProfileDraft& draft) {
  const std::string_view name = directive.words[1];
  PullFilter filter{PullAction::kAccept, std::string(directive.words[2])};
  if (name == "ignore") {
    filter.action = PullAction::kIgnore;
  } else if (name == "reject") {
    filter.action = PullAction::kReject;
  } else if (name != "accept") {
    return refused(quoted(name) + " is none of accept, ignore and reject");
  }
  draft.profile.pull.filters.push_back(std::move(filter));
  return honoured();
}

constexpr std::array kRows = {
    OptionHandlerRow{"client", set_client},
    OptionHandlerRow{"tls-client", set_tls_client},
    OptionHandlerRow{"pull", set_pull},
    OptionHandlerRow{"mode", set_mode},
    OptionHandlerRow{"dev", set_dev},
    OptionHandlerRow{"dev-type", set_dev_type},
    OptionHandlerRow{"route-nopull", set_route_nopull},
    OptionHandlerRow{"pull-filter", add_pull_filter},
};

}  // namespace

std::span<const OptionHandlerRow> role_handlers() {
  return kRows;
}

}  // namespace sallyport::openvpn
