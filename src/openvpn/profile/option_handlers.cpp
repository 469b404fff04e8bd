#include "openvpn/profile/option_handlers.h"

#include <algorithm>

namespace sallyport::openvpn {

Ruling set_tunnel_option(Directive& directive, ProfileDraft& draft) {
  if (directive.connection)
    return ignored("it holds for the whole file; write it outside <connection>");
  return find_tunnel_handler(directive.words.name())(directive.words, draft.tunnel);
}

OptionHandler find_option_handler(std::string_view name) {
  for (const auto rows :
       {role_handlers(), remote_handlers(), trust_handlers(), tls_handlers(), wrap_handlers(),
        cipher_handlers(), login_handlers(), rekey_handlers(), environment_handlers(),
        proxy_handlers(), script_handlers(), size_handlers()}) {
    const auto row = std::ranges::find(rows, name, &OptionHandlerRow::name);
    if (row != rows.end()) return row->handle;
  }
  return find_tunnel_handler(name) != nullptr ? set_tunnel_option : nullptr;
}

std::expected<base::SecretBytes, std::string> content_of(Directive& directive,
                                                         ProfileDraft& draft) {
  if (directive.block) return std::move(*directive.block);
  return read_beside(draft.files, directive.words[1]);
}

}  // namespace sallyport::openvpn
