// The firewall rules that dom0 writes for each client of a network VM (qubes-doc, vm-interface):
//
//   rm    /qubes-firewall/<source>/        what was there
//   write /qubes-firewall/<source>/policy  what happens where no rule matches
//   write /qubes-firewall/<source>/NNNN    the rules; ascending, with gaps
//   write /qubes-firewall/<source>         the commit: until here, the old ones count
//
// Here are sources and texts. What a rule says is not judged here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "qubes/database.h"

namespace sallyport::qubes {

inline constexpr std::string_view kFirewallTree = "/qubes-firewall/";

struct CommittedRules {
  std::string policy;
  std::vector<std::string> rules;  // in ascending order of their numbers
  // There was no policy, or an entry that is neither policy nor a rule: everything of this source
  // is to be dropped. Policy and rules are then empty.
  bool malformed = false;

  std::size_t bytes() const;
  friend bool operator==(const CommittedRules&, const CommittedRules&) = default;
};

// What stands for the source in "/qubes-firewall/<source>", the path that commits; nothing for any
// other path, those below it among them.
std::optional<std::string_view> committed_source(std::string_view path);

// The address, if `text` is the one way in which it is written: two sources must not be one.
std::optional<base::IpAddress> parse_source(std::string_view text);

std::string commit_path(const base::IpAddress& source);

// What is below the source's commit path now.
CommittedRules read_rules(const Database& database, const base::IpAddress& source);

}  // namespace sallyport::qubes
