#include "daemon/qubesdb_source.h"

namespace sallyport::daemon {
namespace {

// The first one cannot write; old daemons do not have it.
constexpr const char* kReadOnlySocket = "/run/qubes/qubesdb.ro.sock";
constexpr const char* kSocket = "/run/qubes/qubesdb.sock";

}  // namespace

std::expected<std::optional<QubesDbSource>, std::string> parse_qubesdb(std::string_view text) {
  constexpr std::string_view kSocketAt = "socket:";
  if (text == "none") return std::nullopt;
  if (text == "vchan") return QubesDbVchan{};
  if (text == "socket") return QubesDbSocket{{kReadOnlySocket, kSocket}};
  if (text.starts_with(kSocketAt) && text.size() > kSocketAt.size())
    return QubesDbSocket{{std::string(text.substr(kSocketAt.size()))}};
  return std::unexpected("only socket, socket:PATH, vchan and none are known");
}

}  // namespace sallyport::daemon
