// What each honoured option does to the draft of a profile: a table of small functions, by subject.
#pragma once

#include <span>
#include <string_view>

#include "openvpn/profile/config_lexer.h"
#include "openvpn/profile/profile_draft.h"
#include "openvpn/profile/ruling.h"

namespace sallyport::openvpn {

// Takes over what it needs of the directive. Either it has a block, and its option takes one, or
// the number of its arguments fits its row in the option table.
using OptionHandler = Ruling (*)(Directive& directive, ProfileDraft& draft);

// Null for an option whose row in the table says all there is to say.
OptionHandler find_option_handler(std::string_view name);

struct OptionHandlerRow {
  std::string_view name;
  OptionHandler handle;
};
std::span<const OptionHandlerRow> role_handlers();
std::span<const OptionHandlerRow> remote_handlers();
std::span<const OptionHandlerRow> trust_handlers();
std::span<const OptionHandlerRow> tls_handlers();
std::span<const OptionHandlerRow> wrap_handlers();
std::span<const OptionHandlerRow> cipher_handlers();
std::span<const OptionHandlerRow> login_handlers();
std::span<const OptionHandlerRow> rekey_handlers();
std::span<const OptionHandlerRow> environment_handlers();
std::span<const OptionHandlerRow> proxy_handlers();
std::span<const OptionHandlerRow> script_handlers();
std::span<const OptionHandlerRow> size_handlers();

// Reads one of TunnelOptions into draft.tunnel, by the rules for the pushed option.
Ruling set_tunnel_option(Directive& directive, ProfileDraft& draft);

// The block, or the file named by the first argument. The error says what the user can do.
std::expected<base::SecretBytes, std::string> content_of(Directive& directive, ProfileDraft& draft);

}  // namespace sallyport::openvpn
