// `--qubesdb SOURCE`: where dom0's settings for this VM come from.
//   socket[:PATH]   the daemon in this VM
//   vchan           dom0 itself; for a VM without that daemon
//   none
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::daemon {

struct QubesDbSocket {
  std::vector<std::string> paths;  // tried in turn
};
struct QubesDbVchan {};
using QubesDbSource = std::variant<QubesDbSocket, QubesDbVchan>;

// Nothing for "none". The error says what is wrong with the text, without repeating it.
std::expected<std::optional<QubesDbSource>, std::string> parse_qubesdb(std::string_view text);

}  // namespace sallyport::daemon
