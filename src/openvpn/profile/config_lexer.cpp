#include "openvpn/profile/config_lexer.h"

#include <cctype>
#include <limits>
#include <string_view>

#include "base/take_line.h"
#include "openvpn/profile/option_table.h"

namespace sallyport::openvpn {
namespace {

struct Line {
  std::string_view text;  // without its line end
  unsigned number;
};

class LineReader {
 public:
  LineReader(std::string_view text, unsigned first_number) : rest_(text), number_(first_number) {}

  std::optional<Line> next() {
    if (rest_.empty()) return std::nullopt;
    const std::size_t end = rest_.find('\n');
    Line line{rest_.substr(0, end), number_++};
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    return line;
  }

  // What has not been read yet, for looking ahead with a copy of this reader.
  std::string_view rest() const { return rest_; }
  unsigned number() const { return number_; }

 private:
  std::string_view rest_;
  unsigned number_;
};

// "<tag>" alone on its line opens a block, as in OpenVPN.
bool opens_block(const ConfigWords& words) {
  const std::string_view word = words.name();
  return words.size() == 1 && word.size() > 2 && word.starts_with('<') && word.ends_with('>') &&
         word[1] != '/' && word[1] != '<';
}

bool is_comment(std::string_view text) {
  return text.starts_with('#') || text.starts_with(';');
}

// Comments around PEM may hold anything (NetworkManager tests its importer with a NUL in one).
bool has_nul_outside_comments(std::string_view content) {
  LineReader lines(content, 1);
  while (const auto line = lines.next()) {
    if (line->text.contains('\0') && !is_comment(without_leading_blanks(line->text))) return true;
  }
  return false;
}

struct Block {
  std::string_view content;
  unsigned first_line;
  unsigned last_line;     // the closing tag's
  bool followed_by_text;  // behind the closing tag, on its line
};

// Reads up to and with the line that begins with "</tag>". Empty, with nothing read, when there is
// none.
std::optional<Block> take_block(LineReader& lines, std::string_view tag) {
  const std::string closing = "</" + std::string(tag) + ">";
  const std::string_view start = lines.rest();
  LineReader ahead = lines;
  while (true) {
    const std::size_t content_size = start.size() - ahead.rest().size();
    const auto line = ahead.next();
    if (!line) return std::nullopt;
    std::string_view text = without_leading_blanks(line->text);
    if (!text.starts_with(closing)) continue;
    text = without_leading_blanks(text.substr(closing.size()));
    const bool followed = !text.empty() && !is_comment(text);
    const Block block{start.substr(0, content_size), lines.number(), line->number, followed};
    lines = ahead;
    return block;
  }
}

// What can be told of a line that does not split: the option's name, if it begins with one.
ConfigWords leading_name(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && (std::isalnum(static_cast<unsigned char>(text[length])) != 0 ||
                                  text[length] == '-' || text[length] == '_')) {
    ++length;
  }
  return ConfigWords::split(text.substr(0, length)).value_or(ConfigWords{});
}

class ConfigLexer {
 public:
  LexedConfig lex(std::string_view text) {
    lex_lines(LineReader(text, 1), std::nullopt);
    return std::move(lexed_);
  }

 private:
  void lex_lines(LineReader lines, std::optional<std::size_t> connection) {
    while (const auto line = lines.next()) {
      const std::string_view text = without_leading_blanks(line->text);
      if (text.empty() || is_comment(text)) continue;
      if (full()) return;
      Directive directive{.line = line->number, .end = line->number, .connection = connection};
      read_words(directive, text);
      if (!directive.problem && opens_block(directive.words)) {
        read_block(std::move(directive), lines);
      } else {
        lexed_.directives.push_back(std::move(directive));
      }
    }
  }

  bool full() {
    if (lexed_.directives.size() < kMaxDirectives) return false;
    if (lexed_.errors.empty()) {
      lexed_.errors.push_back("it has more than " + std::to_string(kMaxDirectives) +
                              " options; the rest was not read");
    }
    return true;
  }

  static void read_words(Directive& directive, std::string_view text) {
    if (text.size() > kMaxLineLength) {
      directive.problem = "the line is longer than " + std::to_string(kMaxLineLength) + " bytes";
      directive.words = leading_name(text.substr(0, kMaxLineLength));
      return;
    }
    auto words = ConfigWords::split(text);
    if (!words) {
      directive.problem = words.error();
      directive.words = leading_name(text);
      return;
    }
    directive.words = std::move(*words);
    if (directive.words.name().size() > 2 && directive.words.name().starts_with("--"))
      directive.words.trim_name(2, 0);
  }

  // `directive` is the opening tag. What follows up to the closing tag is its block; where that is
  // missing, the rest of the file is taken to be the block, because reading it as options would
  // put key material into messages.
  void read_block(Directive directive, LineReader& lines) {
    const std::string tag(directive.words.name().substr(1, directive.words.name().size() - 2));
    const OptionRow* const row = find_option(tag);
    const bool is_block_option = row != nullptr && row->takes_block();
    const bool searched = is_block_option || strange_blocks_++ < kMaxStrangeBlocks;
    const auto block = searched ? take_block(lines, tag) : std::nullopt;
    if (!block && !is_block_option) {
      lexed_.directives.push_back(std::move(directive));
      return;
    }
    directive.words.trim_name(1, 1);
    directive.end = block ? block->last_line : std::numeric_limits<unsigned>::max();
    if (!block) {
      directive.problem = "it is never closed: no line </" + tag + "> follows";
      lines = LineReader({}, 0);
    } else if (block->followed_by_text) {
      directive.problem = "there is text behind </" + tag + "> on the same line";
    } else if (has_nul_outside_comments(block->content)) {
      directive.problem = "there is a NUL byte in it";
    } else if (tag == kConnectionTag && directive.connection) {
      directive.problem = "a <connection> cannot stand inside another one";
    }
    finish_block(std::move(directive), block);
  }

  void finish_block(Directive directive, const std::optional<Block>& block) {
    if (directive.problem || directive.words.name() != kConnectionTag) {
      if (block) directive.block = base::SecretBytes(block->content);
      lexed_.directives.push_back(std::move(directive));
      return;
    }
    directive.block.emplace();
    lexed_.directives.push_back(std::move(directive));
    lex_lines(LineReader(block->content, block->first_line), connections_++);
  }

  static constexpr std::string_view kConnectionTag = "connection";
  // Tags that OpenVPN does not have are looked for only so often, each time through the whole file.
  static constexpr unsigned kMaxStrangeBlocks = 16;

  LexedConfig lexed_;
  std::size_t connections_ = 0;
  unsigned strange_blocks_ = 0;
};

}  // namespace

LexedConfig lex_config(base::Bytes file) {
  std::string_view text = base::text_of(file);
  LexedConfig refused;
  if (text.size() > kMaxProfileSize) {
    refused.errors.push_back("it is larger than " + std::to_string(kMaxProfileSize) + " bytes");
    return refused;
  }
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    refused.errors.push_back("it is UTF-16 text; save it as UTF-8");
    return refused;
  }
  if (text.starts_with(base::kByteOrderMark)) text.remove_prefix(base::kByteOrderMark.size());
  return ConfigLexer().lex(text);
}

}  // namespace sallyport::openvpn
