#include "openvpn/server/user_list.h"

#include <algorithm>
#include <cctype>

#include "base/parse_number.h"
#include "crypto/constant_time.h"
#include "openvpn/push/base64.h"

namespace sallyport::openvpn {
namespace {

constexpr std::size_t kMaxName = 128;

std::string unpadded(base::Bytes bytes) {
  std::string text(encode_base64(bytes).reveal_text());
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::vector<std::uint8_t>> from_unpadded(std::string_view text) {
  std::string padded(text);
  while (padded.size() % 4 != 0) padded += '=';
  const auto decoded = decode_base64(padded);
  if (!decoded) return std::nullopt;
  return std::vector<std::uint8_t>(decoded->reveal().begin(), decoded->reveal().end());
}

std::string_view take_until(std::string_view& rest, char end) {
  const std::string_view part = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

std::optional<crypto::ScryptCost> parse_cost(std::string_view text) {
  const std::string_view ln = take_until(text, ',');
  const std::string_view r = take_until(text, ',');
  if (!ln.starts_with("ln=") || !r.starts_with("r=") || !text.starts_with("p="))
    return std::nullopt;
  const auto log_n = base::parse_number<unsigned>(ln.substr(3), 1, 20);
  const auto block = base::parse_number<unsigned>(r.substr(2), 1, 32);
  const auto parallel = base::parse_number<unsigned>(text.substr(2), 1, 16);
  if (!log_n || !block || !parallel) return std::nullopt;
  return crypto::ScryptCost{*log_n, *block, *parallel};
}

// $scrypt$COST$SALT$HASH
std::optional<PasswordHash> parse_hash(std::string_view text) {
  if (!take_until(text, '$').empty() || take_until(text, '$') != "scrypt") return std::nullopt;
  const auto cost = parse_cost(take_until(text, '$'));
  auto salt = from_unpadded(take_until(text, '$'));
  auto hash = from_unpadded(text);
  if (!cost || !salt || salt->size() < 8 || !hash || hash->size() != PasswordHash::kHashSize)
    return std::nullopt;
  return PasswordHash{*cost, std::move(*salt), std::move(*hash)};
}

}  // namespace

PasswordHash PasswordHash::make(std::string_view password, base::Rng& rng) {
  PasswordHash made{{}, std::vector<std::uint8_t>(kSaltSize), std::vector<std::uint8_t>(kHashSize)};
  rng.fill(made.salt);
  crypto::scrypt(password, made.salt, made.cost, made.hash);
  return made;
}

bool PasswordHash::matches(std::string_view password) const {
  if (hash.empty()) return false;
  std::vector<std::uint8_t> computed(hash.size());
  if (!crypto::scrypt(password, salt, cost, computed)) return false;
  return crypto::constant_time_equal(computed, hash) && !password.empty();
}

std::string PasswordHash::to_string() const {
  return "$scrypt$ln=" + std::to_string(cost.log_n) + ",r=" + std::to_string(cost.block) +
         ",p=" + std::to_string(cost.parallel) + "$" + unpadded(salt) + "$" + unpadded(hash);
}

std::expected<UserList, std::string> UserList::parse(std::string_view file) {
  UserList list;
  for (unsigned line = 1; !file.empty(); ++line) {
    std::string_view text = take_until(file, '\n');
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty() || text.starts_with('#')) continue;
    const std::string_view name = take_until(text, ':');
    auto hash = parse_hash(text);
    if (!is_user_name(name) || !hash)
      return std::unexpected("line " + std::to_string(line) + " is not NAME:$scrypt$...");
    if (!list.users_.emplace(name, std::move(*hash)).second)
      return std::unexpected("line " + std::to_string(line) + " names somebody a second time");
    if (list.users_.size() > kMaxUsers) return std::unexpected("it has too many users");
  }
  return list;
}

PasswordHash UserList::hash_for(std::string_view name) const {
  const auto found = users_.find(name);
  if (found != users_.end()) return found->second;
  return {{},
          std::vector<std::uint8_t>(PasswordHash::kSaltSize),
          std::vector<std::uint8_t>(PasswordHash::kHashSize)};
}

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && !name.starts_with('.') &&
         std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) != 0 || std::string_view("_.@-").contains(static_cast<char>(c));
         });
}

}  // namespace sallyport::openvpn
