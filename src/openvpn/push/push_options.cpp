#include "openvpn/push/push_options.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/check.h"
#include "base/parse_number.h"
#include "openvpn/profile/option_table.h"
#include "openvpn/profile/printable.h"
#include "openvpn/push/base64.h"
#include "openvpn/push/push_rules.h"
#include "openvpn/push/tunnel_draft.h"

namespace sallyport::openvpn {
namespace {

// A token must not be shown, however odd the option that carries it.
std::string describe(std::string_view option) {
  const std::size_t token = option.find("auth-token");
  if (token == std::string_view::npos) return printable(option);
  return printable(option.substr(0, token)) + "auth-token (not shown)";
}

std::string names_of(std::span<const DataCipher> ciphers) {
  std::string names;
  for (const DataCipher cipher : ciphers)
    names += (names.empty() ? "" : ":") + std::string(name_of(cipher));
  return names;
}

constexpr std::array<std::string_view, 16> kUpdatable = {
    "block-ipv4", "block-ipv6",    "block-outside-dns", "dhcp-option",      "dns",
    "ifconfig",   "ifconfig-ipv6", "keepalive",         "redirect-gateway", "redirect-private",
    "route",      "route-gateway", "route-ipv6",        "route-metric",     "topology",
    "tun-mtu"};

constexpr std::string_view kLeftOut = "route-nopull of the profile leaves it out";

bool is_updatable(std::string_view name) {
  return std::ranges::find(kUpdatable, name) != kUpdatable.end();
}

bool is_list(std::string_view name) {
  return name == "route" || name == "route-ipv6" || name == "dhcp-option" || name == "dns" ||
         name == "redirect-gateway" || name == "redirect-private";
}

// As if the option had never been pushed.
void take_back(std::string_view name, TunnelOptions& options) {
  const TunnelOptions fresh;
  if (name == "route" || name == "route-ipv6") {
    std::erase_if(options.routes, [&](const base::IpPrefix& route) {
      return route.address().is_v4() == (name == "route");
    });
  } else if (name == "dhcp-option" || name == "dns") {
    if (options.dns_server_number.has_value() == (name == "dns")) {
      options.dns_servers.clear();
      options.dns_server_number.reset();
    }
    options.search_domains.clear();
  } else if (name == "redirect-gateway" || name == "redirect-private") {
    options.redirect_gateway = false;
  } else if (name == "block-ipv4") {
    options.block_ipv4 = false;
  } else if (name == "block-ipv6") {
    options.block_ipv6 = false;
  } else if (name == "ifconfig") {
    options.ifconfig.reset();
  } else if (name == "ifconfig-ipv6") {
    options.ifconfig_ipv6.reset();
  } else if (name == "route-gateway") {
    options.route_gateway.reset();
  } else if (name == "topology") {
    options.topology = fresh.topology;
  } else if (name == "tun-mtu") {
    options.tun_mtu = fresh.tun_mtu;
  } else if (name == "keepalive") {
    options.ping = fresh.ping;
    options.ping_restart = fresh.ping_restart;
  }
}

// What a reply makes of the options so far.
class PushApplication {
 public:
  PushApplication(const TunnelOptions& start, const PullOptions& pull,
                  std::span<const DataCipher> offered)
      : pull_(pull), offered_(offered), draft_{.source = OptionSource::kServer, .options = start} {}

  // Empty: go on.
  std::optional<PushError> apply(std::string_view option) {
    switch (filtered(option)) {
      case PullAction::kAccept:
        break;
      case PullAction::kIgnore:
        note(describe(option), ignored("a pull-filter of the profile leaves it out"));
        return std::nullopt;
      case PullAction::kReject:
        return PushError{PushErrorKind::kRejectedByFilter,
                         "the server pushed '" + describe(option) +
                             "', which a pull-filter of the profile rejects"};
    }
    const auto words = ConfigWords::split(option);
    if (words && words->empty()) return std::nullopt;
    Ruling ruling = words ? rule(*words) : refused(words.error());
    if (words && words->name() == "ifconfig") address_trouble_ = ruling.reason;
    note(describe(option), std::move(ruling));
    return std::exchange(error_, std::nullopt);
  }

  // One option of a PUSH_UPDATE. Empty: go on.
  std::optional<PushError> update(std::string_view option) {
    const bool removes = option.starts_with('-');
    if (removes) option.remove_prefix(1);
    const bool optional = option.starts_with('?');
    if (optional) option.remove_prefix(1);
    const std::string_view name = option.substr(0, option.find(' '));
    if (!is_updatable(name)) {
      if (optional) {
        note(describe(option), ignored("it cannot change while connected"));
        return std::nullopt;
      }
      return PushError{PushErrorKind::kNotUpdatable, "the server changed '" + describe(option) +
                                                         "', which cannot change while connected"};
    }
    // What leaves an option out also leaves in force what there is of it.
    if (filtered(option) == PullAction::kAccept) {
      if (is_left_out(find_push_rule(name))) {
        note(describe(option), ignored(std::string(kLeftOut)));
        return std::nullopt;
      }
      if (removes || (is_list(name) && replaced_.insert(std::string(name)).second))
        take_back(name, draft_.options);
    }
    return removes ? std::nullopt : apply(option);
  }

  std::expected<PushedConfig, PushError> finish() {
    settle();
    if (!draft_.options.ifconfig && !draft_.options.ifconfig_ipv6) {
      std::string text = "the server gave the tunnel no address that can be used";
      if (!address_trouble_.empty()) text += ": " + address_trouble_;
      return std::unexpected(PushError{PushErrorKind::kNoUsableAddress, std::move(text)});
    }
    config_.tunnel = std::move(draft_.options);
    return std::move(config_);
  }

 private:
  // OpenVPN compares the beginning of the option's text; the first filter that matches decides.
  PullAction filtered(std::string_view option) const {
    for (const PullFilter& filter : pull_.filters) {
      if (option.starts_with(filter.prefix)) return filter.action;
    }
    return PullAction::kAccept;
  }

  bool is_left_out(const PushRule* rule) const {
    return rule != nullptr && rule->left_out_by_route_nopull && pull_.nopull_routes;
  }

  Ruling rule(const ConfigWords& words) {
    const PushRule* const push_rule = find_push_rule(words.name());
    const OptionRow* const row = find_option(words.name());
    if (push_rule == nullptr && row == nullptr) {
      ++config_.unknown;
      return ignored("the option is unknown");
    }
    if (push_rule == nullptr) return refused("it is not for a server to set");
    if (is_left_out(push_rule)) return ignored(std::string(kLeftOut));
    if (push_rule->effect == PushEffect::kNone)
      return ignored(std::string(push_rule->reason.empty() ? row->reason : push_rule->reason));
    if (const auto objection = row->objection_to_count(words.arguments()))
      return refused(*objection);
    return rule_on_effect(push_rule->effect, words);
  }

  Ruling rule_on_effect(PushEffect effect, const ConfigWords& words) {
    switch (effect) {
      case PushEffect::kTunnel:
        return find_tunnel_handler(words.name())(words, draft_);
      case PushEffect::kCipher:
        return set_cipher(words[1]);
      case PushEffect::kKeyDerivation:
      case PushEffect::kProtocolFlags:
        return set_flags(words);
      case PushEffect::kPeerId:
        return set_peer_id(words[1]);
      case PushEffect::kToken:
        if (words[1].empty()) return refused("it is empty");
        config_.auth_token = base::SecretBytes(words[1]);
        return honoured();
      case PushEffect::kTokenUser:
        config_.auth_token_user = decode_base64(words[1]);
        return config_.auth_token_user ? honoured() : refused("it is not base64");
      case PushEffect::kNone:
        break;
    }
    CHECK(false);
  }

  // Another cipher than those offered is either a downgrade or a misunderstanding: no tunnel.
  Ruling set_cipher(std::string_view name) {
    const auto cipher = data_cipher_by_name(name);
    if (cipher && std::ranges::find(offered_, *cipher) != offered_.end()) {
      draft_.options.cipher = *cipher;
      return honoured();
    }
    return fatal(PushErrorKind::kCipherNotOffered, "the server chose the cipher " + quoted(name) +
                                                       ", which is not among those offered (" +
                                                       names_of(offered_) + "); see data-ciphers");
  }

  Ruling set_flags(const ConfigWords& words) {
    const bool only_key_derivation = words.name() == "key-derivation";
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (words[i] == "tls-ekm") {
        draft_.options.flags.tls_ekm = true;
      } else if (words[i] == "cc-exit" && !only_key_derivation) {
        draft_.options.flags.cc_exit = true;
      } else if (words[i] == "dyn-tls-crypt" && !only_key_derivation) {
        draft_.options.flags.dynamic_tls_crypt = true;
      } else if (words[i] == "aead-epoch" && !only_key_derivation) {
        draft_.options.flags.epochs = true;
      } else {
        return fatal(
            PushErrorKind::kUnknownProtocolFlag,
            "the server switched " + quoted(words[i]) + " on, which was not announced to it");
      }
    }
    return honoured();
  }

  Ruling set_peer_id(std::string_view text) {
    const auto id = base::parse_number<std::uint32_t>(text, 0, kNoPeerId.value());
    if (!id) return refused(quoted(text) + " is not a number of 24 bits");
    draft_.options.peer_id = PeerId(*id);
    return honoured();
  }

  Ruling fatal(PushErrorKind kind, std::string text) {
    error_ = PushError{kind, std::move(text)};
    return refused(error_->text);
  }

  void settle() {
    const auto addresses = settle_addresses(draft_);
    if (addresses) address_trouble_ = addresses->ruling.reason;
    for (const auto& settlement : {addresses, settle_resolvers(draft_), settle_timers(draft_)}) {
      if (settlement) note(std::string(settlement->option), settlement->ruling);
    }
  }

  void note(std::string option, Ruling ruling) {
    if (ruling.verdict == Verdict::kHonoured && ruling.reason.empty()) return;
    if (config_.notes.size() < kMaxPushNotes) {
      config_.notes.push_back({std::move(option), std::move(ruling)});
    } else {
      ++config_.notes_left_out;
    }
  }

  const PullOptions& pull_;
  std::span<const DataCipher> offered_;
  TunnelDraft draft_;
  PushedConfig config_;
  std::set<std::string> replaced_;  // kinds of list that this update has begun anew
  std::string address_trouble_;     // why the last ifconfig has no effect
  std::optional<PushError> error_;
};

}  // namespace

std::expected<PushedConfig, PushError> apply_push(const TunnelOptions& start,
                                                  const PullOptions& pull,
                                                  std::span<const DataCipher> offered,
                                                  const PushReply& reply) {
  PushApplication application(start, pull, offered);
  for (const std::string_view option : reply.options()) {
    if (auto error = application.apply(option)) return std::unexpected(std::move(*error));
  }
  return application.finish();
}

std::expected<PushedConfig, PushError> apply_push_update(const TunnelOptions& current,
                                                         const PullOptions& pull,
                                                         const PushReply& update) {
  PushApplication application(current, pull, {});
  for (const std::string_view option : update.options()) {
    if (auto error = application.update(option)) return std::unexpected(std::move(*error));
  }
  return application.finish();
}

}  // namespace sallyport::openvpn
