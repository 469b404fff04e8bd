#include "openvpn/profile/profile_reader.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "openvpn/profile/config_lexer.h"
#include "openvpn/profile/option_handlers.h"
#include "openvpn/profile/option_name.h"
#include "openvpn/profile/option_table.h"
#include "openvpn/profile/printable.h"
#include "openvpn/profile/profile_assembler.h"
#include "openvpn/profile/profile_draft.h"
#include "openvpn/profile/typography.h"

namespace sallyport::openvpn {
namespace {

// A directive with what the rest of the file says about it.
struct Entry {
  Directive directive;
  const OptionRow* row = nullptr;           // null: the option is unknown
  bool optional = false;                    // written as `setenv opt NAME ...`
  std::optional<unsigned> superseded_by{};  // the line that sets the same again

  // "ca [inline]": an old way to say that the block <ca> stands elsewhere in the file.
  bool is_placeholder() const {
    return row != nullptr && row->takes_block() && !directive.block &&
           directive.words.word_or(1, "") == "[inline]";
  }
  std::string shown_name() const {
    return (optional ? "setenv opt " : "") + shown_option_name(directive.words.name());
  }
};

// Which lines compete: those for the same setting of the same <connection>, or of the file. What a
// <connection> took from the file before it, a later line of the file does not take back.
using Slot = std::tuple<std::string_view, std::size_t, std::size_t>;

class ProfileReader {
 public:
  ProfileReader(std::string_view name, ProfileFiles& files) : draft_(files) {
    report_.name = printable(name);
    draft_.profile.name = name;
  }

  ReadProfile read(base::Bytes file) {
    LexedConfig lexed = lex_config(file);
    for (std::string& error : lexed.errors) report_.errors.push_back({"", std::move(error)});
    for (Directive& directive : lexed.directives)
      entries_.push_back(entry_of(std::move(directive)));
    survey();
    for (Entry& entry : entries_) {
      std::string name = entry.shown_name();
      const unsigned line = entry.directive.line;
      DirectiveReport entry_report{line, std::move(name), rule(entry)};
      entry_report.end = entry.directive.end;
      if (entry_report.ruling.verdict == Verdict::kRefused) {
        entry_report.remedy =
            remedy_for(entry_report.option, entry_report.ruling, &entry.directive.words);
      }
      report_.directives.push_back(std::move(entry_report));
    }
    // Of what could not be read at all nothing else is to be said.
    if (lexed.errors.empty() || !report_.directives.empty()) assemble_profile(draft_, report_);
    ReadProfile result{std::move(report_), std::nullopt};
    if (result.report.usable()) result.profile = std::move(draft_.profile);
    return result;
  }

 private:
  static Entry entry_of(Directive directive) {
    Entry entry{.directive = std::move(directive)};
    ConfigWords& words = entry.directive.words;
    if (words.size() > 2 && words.name() == "setenv" && words[1] == "opt") {
      words.drop_front(2);
      entry.optional = true;
    }
    entry.row = find_option(words.name());
    return entry;
  }

  // What has to be known of the whole file before the first line is ruled.
  void survey() {
    std::map<Slot, Entry*> last;
    std::size_t connections = 0;
    for (Entry& entry : entries_) {
      const ConfigWords& words = entry.directive.words;
      if (entry.row == nullptr) continue;
      if (words.name() == "ignore-unknown-option") {
        for (std::size_t i = 1; i < words.size(); ++i) forgiven_.emplace(words[i]);
      }
      if (words.name() == "setenv" && words.word_or(1, "") == "FORWARD_COMPATIBLE")
        forgives_all_ = words.word_or(2, "") == "1";
      if (words.name() == "connection" && !entry.directive.problem) ++connections;
      if (entry.row->verdict == Verdict::kRefused || entry.is_placeholder()) continue;
      if (!entry.directive.connection) draft_.lines[entry.row->setting] = entry.directive.line;
      if (entry.row->is_list()) continue;
      const std::size_t scope = entry.directive.connection ? *entry.directive.connection + 1 : 0;
      const std::size_t taken = entry.row->allowed_in_connection() ? connections : 0;
      Entry*& previous = last[{entry.row->setting, scope, taken}];
      if (previous != nullptr) previous->superseded_by = entry.directive.line;
      previous = &entry;
    }
    has_connections_ = connections > 0;
  }

  Ruling rule(Entry& entry) {
    Directive& directive = entry.directive;
    if (directive.problem) return refused(*directive.problem);
    if (entry.row == nullptr) return rule_unknown(entry);
    const OptionRow& row = *entry.row;
    if (directive.connection && !row.allowed_in_connection())
      return refused("it cannot stand inside <connection>");
    const OptionHandler handler = find_option_handler(row.name);
    if (handler == nullptr && row.verdict == Verdict::kRefused)
      return refused(std::string(row.reason));
    if (directive.block && !row.takes_block()) return refused("it cannot be written as a block");
    if (!directive.block) {
      if (const auto objection = row.objection_to_count(directive.words.arguments()))
        return refused(*objection);
    }
    if (entry.is_placeholder()) return rule_placeholder(entry);
    if (entry.superseded_by && row.verdict == Verdict::kHonoured) {
      return rule_key_elsewhere(entry, "line " + std::to_string(*entry.superseded_by) +
                                           " sets it again, and the last one counts");
    }
    if (row.name == "remote" && !directive.connection && has_connections_)
      return ignored("where there is a <connection>, only those count");
    return handler != nullptr ? handler(directive, draft_)
                              : Ruling{row.verdict, std::string(row.reason)};
  }

  Ruling rule_placeholder(Entry& entry) {
    const auto block = std::ranges::find_if(entries_, [&](const Entry& other) {
      return other.row == entry.row && other.directive.block &&
             other.directive.connection == entry.directive.connection;
    });
    if (block == entries_.end())
      return refused("there is no <" + std::string(entry.row->name) + "> in the file");
    return rule_key_elsewhere(entry, "line " + std::to_string(block->directive.line) + " has it");
  }

  // The key of such a line is not used, but a direction behind it is, as in OpenVPN 2.6.
  Ruling rule_key_elsewhere(Entry& entry, std::string why) {
    ConfigWords& words = entry.directive.words;
    if (entry.row->name != "tls-auth" || words.size() < 3) return ignored(std::move(why));
    words.drop_front(1);
    Ruling ruling = find_option_handler("key-direction")(entry.directive, draft_);
    if (ruling.verdict == Verdict::kHonoured) ruling.reason = "for its direction; " + why;
    return ruling;
  }

  Ruling rule_unknown(const Entry& entry) const {
    const std::string_view name = entry.directive.words.name();
    if (name.starts_with("</")) return refused("it closes a block that was never opened");
    if (name.starts_with("<<<<<<<") || name.starts_with("=======") || name.starts_with(">>>>>>>"))
      return refused("a merge of two versions of this file was left unfinished here");
    const std::string_view plain = without_typographic_dashes(name);
    if (plain.empty()) return refused("it is nothing but a dash; delete the line");
    if (plain.size() != name.size())
      return refused("it begins with typographic dashes; write two plain ones, or none");
    if (name.starts_with("---"))  // two dashes in front of a name are gone already
      return refused("a key or certificate stands here outside a block such as <ca>");
    if (entry.optional || forgiven_.contains(name) || forgives_all_)
      return ignored("the option is unknown; the profile says that it may then be left out");
    return refused("no version of OpenVPN knows such an option");
  }

  ProfileDraft draft_;
  ProfileReport report_;
  std::vector<Entry> entries_;
  std::set<std::string, std::less<>> forgiven_;  // ignore-unknown-option
  bool forgives_all_ = false;                    // setenv FORWARD_COMPATIBLE 1
  bool has_connections_ = false;
};

}  // namespace

ReadProfile read_profile(std::string_view name, base::Bytes file, ProfileFiles& files) {
  return ProfileReader(name, files).read(file);
}

}  // namespace sallyport::openvpn
