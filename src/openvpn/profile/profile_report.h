// What reading a profile found: a verdict on every option line, and what is wrong with the file as
// a whole. Plain data; `sallyport check` renders it. Every text in it is printable, bounded and
// free of secrets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "openvpn/profile/remedy.h"
#include "openvpn/profile/ruling.h"

namespace sallyport::openvpn {

struct DirectiveReport {
  unsigned line = 0;   // counted from 1
  std::string option;  // as written: "remote", "setenv opt block-outside-dns"
  Ruling ruling;
  Remedy remedy{};   // of a refused line
  unsigned end = 0;  // the line where it ends, as Directive::end
};

// Something that no single line is to blame for.
struct ProfileIssue {
  std::string option;      // the option to add or change
  std::string text;        // a clause
  std::string addition{};  // the line that was added in thought, if any
};

struct ProfileReport {
  std::string name;                         // of the profile, for messages
  std::vector<DirectiveReport> directives;  // in the order of the file, those in <connection> too
  std::vector<ProfileIssue> errors;
  std::vector<ProfileIssue> warnings;

  // Changes the verdict on `line`, which is in the report.
  void amend(unsigned line, Ruling ruling);
  // The same where the line was honoured so far; what is wrong with it otherwise stays so.
  void amend_honoured(unsigned line, Ruling ruling);
  // Refuses `line`, or the file where no line is to blame.
  void blame(std::optional<unsigned> line, std::string_view option, std::string reason);
  // True when nothing is refused and there is no error.
  bool usable() const;
  // What stands in the way, one line each: "work.ovpn:12: up: it runs a program, ...".
  std::vector<std::string> problems() const;
};

}  // namespace sallyport::openvpn
