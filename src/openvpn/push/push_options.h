// What a server may set: the accept-list for PUSH_REPLY, with the checks of each option
// (docs/protocol.md, "Pushed options"). Unknown options are skipped and counted, hostile ones named
// and left out; only what makes the tunnel impossible ends the connection.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/secret.h"
#include "openvpn/profile/profile.h"
#include "openvpn/profile/ruling.h"
#include "openvpn/push/push_assembler.h"
#include "openvpn/push/push_error.h"
#include "openvpn/push/tunnel_options.h"

namespace sallyport::openvpn {

// An option that was not simply honoured.
struct PushNote {
  std::string option;  // its text, printable; a token is never shown
  Ruling ruling;
};

struct PushedConfig {
  TunnelOptions tunnel;
  // What replaces the password, and the user name, in later logins of this session.
  std::optional<base::SecretBytes> auth_token;
  std::optional<base::SecretBytes> auth_token_user;
  std::size_t unknown = 0;      // options that nobody knows
  std::vector<PushNote> notes;  // at most kMaxPushNotes; further ones are counted
  std::size_t notes_left_out = 0;
};

// A server cannot make our log long.
inline constexpr std::size_t kMaxPushNotes = 64;

// Applies a whole reply on top of `start`: the profile's TunnelOptions for the first reply of a
// connection; what is in force for one that only_renews_token(). `offered` are the ciphers that we
// named to the server. Nothing of a reply is used when there is an error.
std::expected<PushedConfig, PushError> apply_push(const TunnelOptions& start,
                                                  const PullOptions& pull,
                                                  std::span<const DataCipher> offered,
                                                  const PushReply& reply);

// Applies a PUSH_UPDATE to what is in force: options with '-' in front are taken back, what cannot
// change ends the connection unless '?' stands in front. Kinds that are lists (routes, resolvers)
// are replaced by the first of theirs. Nothing of an update is used when there is an error.
std::expected<PushedConfig, PushError> apply_push_update(const TunnelOptions& current,
                                                         const PullOptions& pull,
                                                         const PushReply& update);

}  // namespace sallyport::openvpn
