// Who may log in with a password: lines of NAME:$scrypt$ln=15,r=8,p=1$SALT$HASH, with salt and hash
// in base64 without padding. Checking a password takes time on purpose, so the server never does it
// itself: its owner does, beside everything else.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "crypto/scrypt.h"

namespace sallyport::openvpn {

struct PasswordHash {
  crypto::ScryptCost cost;
  std::vector<std::uint8_t> salt;
  std::vector<std::uint8_t> hash;

  static constexpr std::size_t kSaltSize = 16;
  static constexpr std::size_t kHashSize = 32;

  static PasswordHash make(std::string_view password, base::Rng& rng);
  // Slow. An empty password is never right.
  bool matches(std::string_view password) const;
  std::string to_string() const;
};

class UserList {
 public:
  static constexpr std::size_t kMaxUsers = 100'000;

  // Empty lines and those that begin with # count for nothing. The error says which line.
  static std::expected<UserList, std::string> parse(std::string_view file);

  // For a name that is not there: a hash that no password has, which takes as long to find out.
  PasswordHash hash_for(std::string_view name) const;
  bool contains(std::string_view name) const { return users_.contains(name); }
  std::size_t size() const { return users_.size(); }

 private:
  std::map<std::string, PasswordHash, std::less<>> users_;
};

// What may stand in such a file, in a client's certificate where it names a file, and in logs.
bool is_user_name(std::string_view name);

}  // namespace sallyport::openvpn
