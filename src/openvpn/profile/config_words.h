// One line of OpenVPN's configuration language as words: of a profile, or one option that a server
// pushed. The words may be secrets (auth-token), so they live in memory that is wiped; whoever
// copies one out decides what it is.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace sallyport::openvpn {

// OpenVPN stops at 16 words; remote-cert-ku and ignore-unknown-option lists are the longest seen.
inline constexpr std::size_t kMaxWords = 64;

// What separates words: blanks, tabs, and the vertical and page feeds that C's isspace() adds.
bool is_blank(char c);
std::string_view without_leading_blanks(std::string_view text);

class ConfigWords {
 public:
  ConfigWords() = default;

  // Splits by the rules of OpenVPN 2.6 (docs/protocol.md, "Profiles"; the corners were tried on
  // 2.6.14): words are separated by blanks; a word that begins with " ends at the next ", one that
  // begins with ' at the next '; outside single quotes a backslash escapes a blank, a " or a
  // backslash and nothing else; # or ; at the start of a word begins a comment. Quotes inside a
  // word are ordinary characters. Empty lines and comments give no words. Of 1,500 random lines
  // OpenVPN read 1,345 alike; the others begin a word, or end the line, with a backslash, which is
  // mostly an error here and has odd effects there. The error is a clause for a message and does
  // not quote the line.
  static std::expected<ConfigWords, std::string> split(std::string_view line);

  std::size_t size() const { return words_.size(); }
  bool empty() const { return words_.empty(); }
  // Borrowed; valid as long as this object is not destroyed or assigned to. Moving keeps it valid.
  std::string_view operator[](std::size_t index) const;

  // The option's name: the first word; "" when there is none.
  std::string_view name() const { return empty() ? std::string_view{} : (*this)[0]; }
  // How many words follow the name.
  std::size_t arguments() const { return empty() ? 0 : size() - 1; }
  // The word at `index`, or `otherwise` where the line is shorter.
  std::string_view word_or(std::size_t index, std::string_view otherwise) const {
    return index < size() ? (*this)[index] : otherwise;
  }
  // Forgets the first `count` words; there are that many.
  void drop_front(std::size_t count);
  // Shortens the name by so many bytes at its ends; it has that many.
  void trim_name(std::size_t front, std::size_t back);

 private:
  struct Extent {
    std::size_t begin;
    std::size_t length;
  };

  base::SecretBytes text_;  // all words, unquoted, one behind the other
  std::vector<Extent> words_;
};

}  // namespace sallyport::openvpn
