// Cuts the text of a profile into directives: one option with its words, or one inline block. What
// the options mean is not known here; whether an option can be a block is asked of the option
// table.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "openvpn/profile/config_words.h"

namespace sallyport::openvpn {

// Real profiles are 1 to 11 KiB; one with a large revocation list inline stays well below this.
inline constexpr std::size_t kMaxProfileSize = 1024 * 1024;
// OpenVPN 2.6 stops at 256; real tls-cipher lists are longer (docs/protocol.md, "Profiles").
// Comments and block content may be longer still.
inline constexpr std::size_t kMaxLineLength = 4096;
// Each directive costs a line in the report; the longest real profiles have about 100.
inline constexpr std::size_t kMaxDirectives = 4096;

struct Directive {
  unsigned line = 0;  // where it begins, counted from 1
  unsigned end = 0;   // where it ends: the same, or the closing tag's; of what is never closed, the
                      // file's last
  ConfigWords words{};  // the name without a leading "--", and what follows it
  // The content between <name> and </name>, verbatim. Empty optional: not a block. The content of
  // a <connection> is not here: its directives follow.
  std::optional<base::SecretBytes> block{};
  // Which <connection> block it stands in, counted from 0 over the file.
  std::optional<std::size_t> connection{};
  // Set when the line cannot be read; a clause that says why. `words` then holds at most the name.
  std::optional<std::string> problem{};
};

struct LexedConfig {
  std::vector<Directive> directives;
  // What is wrong with the file as a whole; sentences.
  std::vector<std::string> errors;
};

// Never fails: a line that cannot be read is a directive with a problem, so that the others still
// get their verdicts. The file is borrowed during the call only.
LexedConfig lex_config(base::Bytes file);

}  // namespace sallyport::openvpn
