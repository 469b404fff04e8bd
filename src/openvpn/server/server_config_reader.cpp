#include "openvpn/server/server_config_reader.h"

#include <algorithm>
#include <set>

#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/option_name.h"
#include "openvpn/profile/printable.h"
#include "openvpn/server/server_assembler.h"
#include "openvpn/server/server_draft.h"
#include "openvpn/server/server_option_rows.h"

namespace sallyport::openvpn {
namespace {

// Read by the handlers of profiles, since they mean the same at both ends.
constexpr std::string_view kShared[] = {"ca",
                                        "cert",
                                        "key",
                                        "extra-certs",
                                        "crl-verify",
                                        "peer-fingerprint",
                                        "remote-cert-ku",
                                        "remote-cert-eku",
                                        "verify-x509-name",
                                        "verify-hash",
                                        "pkcs12",
                                        "tls-cert-profile",
                                        "tls-auth",
                                        "tls-crypt",
                                        "key-direction",
                                        "tls-version-min",
                                        "tls-version-max",
                                        "tls-cipher",
                                        "tls-ciphersuites",
                                        "tls-groups",
                                        "ecdh-curve",
                                        "cipher",
                                        "data-ciphers",
                                        "ncp-ciphers",
                                        "data-ciphers-fallback",
                                        "auth",
                                        "replay-window",
                                        "comp-lzo",
                                        "allow-compression",
                                        "reneg-sec",
                                        "reneg-bytes",
                                        "reneg-pkts",
                                        "hand-window",
                                        "tran-window",
                                        "tls-timeout",
                                        "ping",
                                        "ping-restart",
                                        "ping-exit",
                                        "inactive",
                                        "session-timeout",
                                        "tun-mtu",
                                        "mssfix",
                                        "topology",
                                        "max-packet-size",
                                        "dev-type",
                                        "ignore-unknown-option"};

// By what these name somebody is shut out.
constexpr std::string_view kWatched[] = {"crl-verify",        "client-config-dir",
                                         "auth-user-file",    "tls-crypt-v2-allow",
                                         "tls-crypt-v2-deny", "tls-crypt-v2-revoked"};

const ServerReason* find_reason(std::span<const ServerReason> rows, std::string_view name) {
  const auto row = std::ranges::find(rows, name, &ServerReason::name);
  return row == rows.end() ? nullptr : &*row;
}

const ServerOptionRow* find_own(std::string_view name) {
  for (const auto rows : {server_network_options(), server_listen_options(), server_route_options(),
                          server_access_options(), server_environment_options()}) {
    const auto row = std::ranges::find(rows, name, &ServerOptionRow::name);
    if (row != rows.end()) return &*row;
  }
  return nullptr;
}

std::optional<std::string> objection_to_count(ArgumentCount arguments, std::size_t count) {
  OptionRow row{};
  row.arguments = arguments;
  return row.objection_to_count(count);
}

class ServerConfigReader {
 public:
  ServerConfigReader(std::string_view name, ServerFiles& files) : draft_(files) {
    report_.name = printable(name);
    draft_.config.name = name;
  }

  ReadServerConfig read(base::Bytes file) {
    LexedConfig lexed = lex_config(file);
    for (std::string& error : lexed.errors) report_.errors.push_back({"", std::move(error)});
    survey(lexed.directives);
    for (Directive& directive : lexed.directives) {
      std::string name = shown_option_name(directive.words.name());
      const unsigned line = directive.line;
      Ruling ruling = rule(directive);
      if (ruling.verdict == Verdict::kHonoured) note_watched(directive);
      report_.directives.push_back({line, std::move(name), std::move(ruling)});
    }
    assemble_server(draft_, report_);
    // Those are for profiles; here a reason says itself what to do.
    for (DirectiveReport& directive : report_.directives) directive.remedy = {};
    ReadServerConfig result{std::move(report_), std::nullopt};
    if (result.report.usable()) result.config = std::move(draft_.config);
    return result;
  }

 private:
  // What has to be known of the whole file before the first line is ruled. `setenv opt X` makes X
  // optional.
  void survey(std::vector<Directive>& directives) {
    for (Directive& directive : directives) {
      ConfigWords& words = directive.words;
      if (words.size() > 2 && words.name() == "setenv" && words[1] == "opt") {
        words.drop_front(2);
        forgiven_.emplace(words.name());
      }
      if (words.name() == "setenv" && words.word_or(1, "") == "FORWARD_COMPATIBLE")
        forgives_all_ = words.word_or(2, "") == "1";
      if (words.name() == "ignore-unknown-option") {
        for (std::size_t i = 1; i < words.size(); ++i) forgiven_.emplace(words[i]);
      }
      if (!words.name().empty()) {
        last_[std::string(words.name())] = directive.line;
        // Views of names must outlive the directives: those of the map's own keys do.
        draft_.shared.lines[last_.find(words.name())->first] = directive.line;
      }
    }
  }

  void note_watched(const Directive& directive) {
    const bool names_file = !directive.block && directive.words.size() > 1;
    if (names_file && std::ranges::find(kWatched, directive.words.name()) != std::end(kWatched))
      draft_.config.watched.emplace_back(directive.words[1]);
  }

  bool is_superseded(const Directive& directive, bool list) const {
    return !list && last_.find(directive.words.name())->second != directive.line;
  }

  Ruling rule(Directive& directive) {
    if (directive.problem) return refused(*directive.problem);
    const std::string_view name = directive.words.name();
    if (const ServerOptionRow* own = find_own(name)) {
      if (directive.block && (own->traits & kBlock) == 0)
        return refused("it cannot be written as a block");
      if (!directive.block) {
        const auto objection = objection_to_count(own->arguments, directive.words.arguments());
        if (objection) return refused(*objection);
      }
      if (is_superseded(directive, (own->traits & kList) != 0)) return overridden(name);
      return own->handle(directive, draft_);
    }
    if (is_shared_option(name)) return rule_shared(directive);
    if (const auto* row = find_reason(options_refused_by_servers(), name))
      return refused(std::string(row->reason));
    if (const auto* row = find_reason(options_ignored_by_servers(), name))
      return ignored(std::string(row->reason));
    if (forgives_all_ || forgiven_.contains(name))
      return ignored("the option is unknown; the file says that it may then be left out");
    return refused("no version of OpenVPN knows such an option");
  }

  Ruling overridden(std::string_view name) const {
    return ignored("line " + std::to_string(last_.find(name)->second) +
                   " sets it again, and the last one counts");
  }

  Ruling rule_shared(Directive& directive) {
    const OptionRow& row = *find_option(directive.words.name());
    if (directive.block && !row.takes_block()) return refused("it cannot be written as a block");
    if (!directive.block) {
      if (const auto objection = row.objection_to_count(directive.words.arguments()))
        return refused(*objection);
    }
    if (is_superseded(directive, row.is_list())) return overridden(row.name);
    return find_option_handler(row.name)(directive, draft_.shared);
  }

  ServerDraft draft_;
  ProfileReport report_;
  std::set<std::string, std::less<>> forgiven_;  // ignore-unknown-option, setenv opt
  bool forgives_all_ = false;                    // setenv FORWARD_COMPATIBLE 1
  std::map<std::string, unsigned, std::less<>> last_;
};

}  // namespace

bool is_shared_option(std::string_view name) {
  return std::ranges::find(kShared, name) != std::end(kShared);
}

ReadServerConfig read_server_config(std::string_view name, base::Bytes file, ServerFiles& files) {
  return ServerConfigReader(name, files).read(file);
}

}  // namespace sallyport::openvpn
