// Puts a PUSH_REPLY together that came in several messages (`push-continuation`). Only the whole is
// ever applied (docs/protocol.md, "Pushed options").
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "openvpn/push/push_error.h"

namespace sallyport::openvpn {

// The options of one PUSH_REPLY. Among them may be a session token, so they are kept as a secret.
class PushReply {
 public:
  // In the order of the server, without push-continuation; borrowed, also across a move of this
  // object.
  const std::vector<std::string_view>& options() const { return options_; }
  // True when it only renews the session's token, as a server may do at any time; the tunnel's
  // options then stay as they are.
  bool only_renews_token() const;

 private:
  friend class PushAssembler;

  std::vector<base::SecretBytes> parts_;
  std::vector<std::string_view> options_;  // into parts_
};

class PushAssembler {
 public:
  // Some servers push thousands of routes (SoftEther in a single message); parts are about 1 KiB.
  static constexpr std::size_t kMaxBytes = 256 * 1024;
  static constexpr std::size_t kMaxParts = 512;
  static constexpr std::size_t kMaxOptions = 16 * 1024;

  // `command` begins each message: PUSH_REPLY or PUSH_UPDATE.
  explicit PushAssembler(std::string_view command = "PUSH_REPLY") : command_(command) {}

  // Takes one message, "PUSH_REPLY" or "PUSH_REPLY,option,option...". Gives the whole reply when it
  // was the last part, and nothing while more must follow. After an error, and after a reply, the
  // next message begins a new one.
  std::expected<std::optional<PushReply>, PushError> add(std::string_view message);

  // Forgets a reply that was begun: for a new connection.
  void reset();

 private:
  std::unexpected<PushError> too_large();

  std::string_view command_;  // a literal
  PushReply reply_;
  std::size_t bytes_ = 0;
};

}  // namespace sallyport::openvpn
