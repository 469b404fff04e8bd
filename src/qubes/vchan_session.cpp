#include "qubes/vchan_session.h"

#include "qubes/path.h"

namespace sallyport::qubes {
namespace {

// Of everything.
constexpr std::string_view kRoot = "/";

}  // namespace

void VchanSession::start(base::Now now) {
  send({MessageType::kCmdMultiRead, {}, {}});
  expect_answer(now);
}

std::expected<void, Fault> VchanSession::handle(base::Now, Message message) {
  switch (message.type) {
    case MessageType::kRespMultiRead:
      return handle_entry(message);
    case MessageType::kCmdWrite:
      return handle_write(message);
    case MessageType::kCmdRm:
      handle_removal(message);
      return {};
    case MessageType::kRespError:
    case MessageType::kRespErrorNoEnt:
      return std::unexpected(Fault::kRequestRefused);
    default:
      return std::unexpected(Fault::kUnexpected);
  }
}

std::expected<void, Fault> VchanSession::handle_entry(const Message& message) {
  if (synchronised()) return std::unexpected(Fault::kUnexpected);
  if (!message.path.empty()) {
    if (!database_.write(message.path, message.data)) return std::unexpected(Fault::kTooMuch);
    return {};
  }
  if (!message.data.empty()) return std::unexpected(Fault::kBadPath);
  settings_.update(database_, kRoot, changes_);
  if (!settings_.commit_all(database_, changes_)) return std::unexpected(Fault::kTooMuch);
  expect_nothing();
  become_synchronised();
  return {};
}

// Changes may come before the last entry, or before the first: they are newer than entries in front
// of them, and older than those behind. Once all is read it is looked at.
std::expected<void, Fault> VchanSession::handle_write(const Message& message) {
  if (!database_.write(message.path, message.data)) return std::unexpected(Fault::kTooMuch);
  send({MessageType::kRespOk, message.path, {}});
  if (!synchronised()) return {};
  if (const auto source = committed_source(message.path)) {
    if (!settings_.commit(database_, *source, changes_)) return std::unexpected(Fault::kTooMuch);
    return {};
  }
  settings_.update(database_, message.path, changes_);
  return {};
}

void VchanSession::handle_removal(const Message& message) {
  database_.remove(message.path);
  send({MessageType::kRespOk, message.path, {}});
  // What was committed for a source stays until the next commit.
  if (synchronised()) settings_.update(database_, message.path, changes_);
}

}  // namespace sallyport::qubes
