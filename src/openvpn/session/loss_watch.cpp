#include "openvpn/session/loss_watch.h"

namespace sallyport::openvpn {
namespace {

bool is_the_peers_doing(DropReason reason) {
  switch (reason) {
    case DropReason::kCompressed:
    case DropReason::kBadCompression:
    case DropReason::kBadFraming:
    case DropReason::kBadFragment:
      return true;
    default:
      return false;
  }
}

// What can be looked at or tried; empty where nothing is known.
std::string_view hint_for(DropReason trouble) {
  switch (trouble) {
    case DropReason::kCompressed:
      return "the other end compresses though it was told not to: 'comp-lzo' or 'compress lz4' in"
             " both files agrees on it, 'comp-lzo no' in both ends it";
    case DropReason::kBadCompression:
    case DropReason::kBadFraming:
    case DropReason::kBadFragment:
    case DropReason::kNotIp:
      return "the two ends do not have the same 'comp-lzo', 'compress' or 'fragment': compare these"
             " lines of both files";
    case DropReason::kDataAuthentication:
      return "the two ends do not have the same data cipher: compare 'cipher', 'data-ciphers',"
             " 'data-ciphers-fallback' and 'auth' of both files";
    case DropReason::kBadKeyId:
    case DropReason::kDataKeyWornOut:
      return "the two ends lost each other's keys: connect again";
    default:
      return "";
  }
}

}  // namespace

void LossWatch::begin(base::Instant now, std::uint64_t used) {
  window_ends_ = now + kWindow;
  used_before_ = used;
  lost_ = {};
}

bool LossWatch::lost(base::Instant now, DropReason reason, std::uint64_t used) {
  const bool changed = handle_timeout(now, used);
  if (!window_ends_) begin(now, used);
  lost_.add(reason);
  return changed;
}

bool LossWatch::handle_timeout(base::Instant now, std::uint64_t used) {
  if (!window_ends_ || now < *window_ends_) return false;
  const bool any_used = used != used_before_;
  const auto before = trouble_;
  if (trouble_ && any_used && lost_[*trouble_] == 0) trouble_.reset();
  std::uint64_t most = kEnough - 1;
  lost_.each([&](DropReason reason, std::uint64_t count) {
    if (count <= most || (any_used && !is_the_peers_doing(reason))) return;
    most = count;
    trouble_ = reason;
  });
  window_ends_.reset();
  if (trouble_) begin(now, used);
  return trouble_ != before;
}

std::string describe_loss(std::string_view whose, DropReason trouble) {
  std::string text = "packets of " + std::string(whose) + " are lost here: ";
  text += describe(trouble);
  const std::string_view hint = hint_for(trouble);
  if (!hint.empty()) text.append("; ").append(hint);
  return text;
}

}  // namespace sallyport::openvpn
