#include "openvpn/push/push_assembler.h"

#include <algorithm>
#include <utility>

#include "openvpn/profile/config_words.h"

namespace sallyport::openvpn {
namespace {

constexpr std::string_view kMoreFollows = "push-continuation 2";
constexpr std::string_view kLastPart = "push-continuation 1";

}  // namespace

bool PushReply::only_renews_token() const {
  return !options_.empty() && std::ranges::all_of(options_, [](std::string_view option) {
    return option.starts_with("auth-token ") || option.starts_with("auth-token-user ");
  });
}

std::expected<std::optional<PushReply>, PushError> PushAssembler::add(std::string_view message) {
  const std::string_view behind = message.substr(std::min(message.size(), command_.size()));
  if (!message.starts_with(command_) || !(behind.empty() || behind.starts_with(','))) {
    reset();
    return std::unexpected(
        PushError{PushErrorKind::kNotAPushReply, "this is no " + std::string(command_)});
  }
  bytes_ += message.size();
  if (bytes_ > kMaxBytes || reply_.parts_.size() == kMaxParts) return too_large();
  reply_.parts_.emplace_back(message.substr(std::min(message.size(), command_.size() + 1)));

  bool more_follows = false;
  for (std::string_view rest = reply_.parts_.back().reveal_text(); !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view option = without_leading_blanks(rest.substr(0, comma));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (option == kMoreFollows) {
      more_follows = true;
    } else if (!option.empty() && option != kLastPart) {
      reply_.options_.push_back(option);
    }
  }
  if (reply_.options_.size() > kMaxOptions) return too_large();
  if (more_follows) return std::nullopt;
  bytes_ = 0;
  return std::exchange(reply_, PushReply{});
}

std::unexpected<PushError> PushAssembler::too_large() {
  reset();
  return std::unexpected(
      PushError{PushErrorKind::kTooLarge, "the server pushed more than any honest one does: over " +
                                              std::to_string(kMaxBytes) + " bytes, " +
                                              std::to_string(kMaxParts) + " parts or " +
                                              std::to_string(kMaxOptions) + " options"});
}

void PushAssembler::reset() {
  reply_ = PushReply{};
  bytes_ = 0;
}

}  // namespace sallyport::openvpn
