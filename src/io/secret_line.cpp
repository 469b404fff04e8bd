#include "io/secret_line.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>

namespace sallyport::io {
namespace {

// Long enough for any answer, and for a token that is pasted.
constexpr std::size_t kMaxLine = 4096;

// Switches a terminal's echo off as long as it lives.
class QuietTerminal {
 public:
  QuietTerminal() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    std::fputs("Answer: ", stderr);
  }
  ~QuietTerminal() {
    if (!is_terminal_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::fputs("\n", stderr);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

 private:
  termios before_{};
  bool is_terminal_;
};

}  // namespace

Result<std::string> read_secret_line() {
  const QuietTerminal quiet;
  std::string line;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar()) {
    if (line.size() == kMaxLine) return error("the line is too long");
    line += static_cast<char>(c);
  }
  if (line.empty()) return error("there was no answer on standard input");
  return line;
}

}  // namespace sallyport::io
