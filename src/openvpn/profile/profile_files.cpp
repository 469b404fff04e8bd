#include "openvpn/profile/profile_files.h"

#include "base/take_line.h"
#include "openvpn/profile/printable.h"

namespace sallyport::openvpn {

std::string_view file_name_of(std::string_view path) {
  const std::size_t separator = path.find_last_of("/\\");
  const std::string_view name =
      separator == std::string_view::npos ? path : path.substr(separator + 1);
  return name == "." || name == ".." ? std::string_view{} : name;
}

namespace {

// Editors of Windows write both. The first three bytes of UTF-8 text would become part of a name.
std::expected<base::SecretBytes, std::string> as_text(base::SecretBytes content) {
  const std::string_view text = content.reveal_text();
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    return std::unexpected("it is UTF-16 text; save it as UTF-8");
  if (text.starts_with(base::kByteOrderMark))
    return base::SecretBytes(text.substr(base::kByteOrderMark.size()));
  return content;
}

}  // namespace

std::expected<base::SecretBytes, std::string> read_beside(ProfileFiles& files,
                                                          std::string_view path) {
  if (files.takes_paths()) {
    auto content = files.read(path);
    if (!content) return std::unexpected(printable(content.error()));
    return as_text(std::move(*content));
  }
  const std::string_view name = file_name_of(path);
  if (name.empty()) return std::unexpected(quoted(path) + " names no file");
  auto content = files.read(name);
  if (!content) {
    return std::unexpected("put " + quoted(name) + " beside the profile or inline it (" +
                           printable(content.error()) + ")");
  }
  if (content->size() > kMaxBundledFileSize) {
    return std::unexpected(quoted(name) + " is larger than " + std::to_string(kMaxBundledFileSize) +
                           " bytes");
  }
  return as_text(std::move(*content));
}

}  // namespace sallyport::openvpn
