#include "qubes/firewall.h"

#include <algorithm>

namespace sallyport::qubes {
namespace {

constexpr std::string_view kPolicy = "policy";
constexpr std::size_t kRuleDigits = 4;

bool is_rule_number(std::string_view name) {
  return name.size() == kRuleDigits &&
         std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

CommittedRules malformed() {
  CommittedRules rules;
  rules.malformed = true;
  return rules;
}

}  // namespace

std::size_t CommittedRules::bytes() const {
  std::size_t sum = policy.size();
  for (const std::string& rule : rules) sum += rule.size();
  return sum;
}

std::optional<std::string_view> committed_source(std::string_view path) {
  if (!path.starts_with(kFirewallTree)) return std::nullopt;
  path.remove_prefix(kFirewallTree.size());
  if (path.empty() || path.contains('/')) return std::nullopt;
  return path;
}

std::optional<base::IpAddress> parse_source(std::string_view text) {
  const auto address = base::IpAddress::parse(text);
  if (!address || address->to_string() != text) return std::nullopt;
  return address;
}

std::string commit_path(const base::IpAddress& source) {
  return std::string(kFirewallTree) + source.to_string();
}

CommittedRules read_rules(const Database& database, const base::IpAddress& source) {
  CommittedRules rules;
  const std::string tree = commit_path(source) + "/";
  bool has_policy = false;
  for (const auto& [path, value] : database.with_prefix(tree)) {
    const std::string_view name = std::string_view(path).substr(tree.size());
    if (name == kPolicy) {
      rules.policy = value;
      has_policy = true;
    } else if (is_rule_number(name)) {
      // Numbers of four digits are in order when their texts are.
      rules.rules.push_back(value);
    } else {
      return malformed();
    }
  }
  return has_policy ? rules : malformed();
}

}  // namespace sallyport::qubes
