#include "openvpn/profile/config_words.h"

#include <optional>

#include "base/check.h"

namespace sallyport::openvpn {
namespace {

// Reads the words of one line into `out`, which is as long as the line: unquoting never adds a
// byte.
class WordScanner {
 public:
  WordScanner(std::string_view line, base::MutableBytes out) : line_(line), out_(out) {}

  // False at the end of the line, at a comment, and on an error.
  bool next_word() {
    while (at_ < line_.size() && is_blank(line_[at_])) ++at_;
    if (at_ == line_.size() || line_[at_] == '#' || line_[at_] == ';') return false;
    begin_ = written_;
    const char quote = line_[at_];
    return quote == '"' || quote == '\'' ? read_quoted(quote) : read_plain();
  }

  std::size_t word_begin() const { return begin_; }
  std::size_t word_length() const { return written_ - begin_; }
  const std::optional<std::string>& error() const { return error_; }

 private:
  bool read_quoted(char quote) {
    ++at_;
    while (at_ < line_.size() && line_[at_] != quote) {
      if (!read_character(/*escapes=*/quote == '"')) return false;
    }
    if (at_ == line_.size()) return fail(std::string("a quote (") + quote + ") is never closed");
    ++at_;
    return true;
  }

  bool read_plain() {
    while (at_ < line_.size() && !is_blank(line_[at_])) {
      if (!read_character(/*escapes=*/true)) return false;
    }
    return true;
  }

  bool read_character(bool escapes) {
    char c = line_[at_++];
    if (escapes && c == '\\') {
      if (at_ == line_.size()) return fail("a backslash ends the line");
      c = line_[at_++];
      if (c != '\\' && c != '"' && !is_blank(c)) {
        return fail("a backslash stands before an ordinary character; write two of them for one");
      }
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return fail("there is a NUL byte in it");
    if ((byte < 0x20 && !is_blank(c)) || byte == 0x7f)
      return fail("there is a control character in it");
    out_[written_++] = byte;
    return true;
  }

  bool fail(std::string reason) {
    error_ = std::move(reason);
    return false;
  }

  std::string_view line_;
  base::MutableBytes out_;
  std::size_t at_ = 0;
  std::size_t written_ = 0;
  std::size_t begin_ = 0;
  std::optional<std::string> error_;
};

}  // namespace

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

std::string_view without_leading_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

std::expected<ConfigWords, std::string> ConfigWords::split(std::string_view line) {
  ConfigWords words;
  words.text_ = base::SecretBytes(line.size());
  WordScanner scanner(line, words.text_.reveal_mutable());
  while (scanner.next_word()) {
    if (words.words_.size() == kMaxWords)
      return std::unexpected("it has more than " + std::to_string(kMaxWords) + " words");
    words.words_.push_back({scanner.word_begin(), scanner.word_length()});
  }
  if (scanner.error()) return std::unexpected(*scanner.error());
  return words;
}

std::string_view ConfigWords::operator[](std::size_t index) const {
  return text_.reveal_text().substr(words_[index].begin, words_[index].length);
}

void ConfigWords::drop_front(std::size_t count) {
  words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(count));
}

void ConfigWords::trim_name(std::size_t front, std::size_t back) {
  Extent& name = words_[0];
  CHECK(front + back <= name.length);
  name.begin += front;
  name.length -= front + back;
}

}  // namespace sallyport::openvpn
