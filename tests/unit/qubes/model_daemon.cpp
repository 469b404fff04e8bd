#include "model_daemon.h"

#include <ranges>
#include <utility>

#include "base/check.h"

namespace sallyport::qubes {

std::vector<Message> messages_in(base::Bytes bytes) {
  std::vector<Message> messages;
  MessageReader reader;
  for (;;) {
    auto message = reader.next(bytes);
    CHECK(message.has_value());
    if (!*message) return messages;
    messages.push_back(std::move(**message));
  }
}

std::vector<std::uint8_t> bytes_of(const std::vector<Message>& messages) {
  std::vector<std::uint8_t> bytes;
  for (const Message& message : messages) append_message(message, bytes);
  return bytes;
}

std::vector<Change> changes_of(Session& session) {
  std::vector<Change> changes;
  while (auto change = session.poll()) changes.push_back(std::move(*change));
  return changes;
}

void ModelDaemon::answer(MessageType type, std::string_view path, std::string_view data) {
  sent.push_back({type, std::string(path), std::string(data)});
}

void ModelDaemon::fire(std::string_view path) {
  for (const std::string& watch : watches_) {
    if (watch == path || (watch.ends_with('/') && path.starts_with(watch)))
      answer(MessageType::kRespWatch, path);
  }
}

void ModelDaemon::write(std::string_view path, std::string_view value) {
  entries_.insert_or_assign(std::string(path), value);
  if (kind_ == Kind::kSocket) return fire(path);
  answer(MessageType::kCmdWrite, path, value);
  unconfirmed_.emplace_back(path);
}

void ModelDaemon::rm(std::string_view path) {
  const auto removed = std::erase_if(entries_, [path](const auto& entry) {
    return path.ends_with('/') ? entry.first.starts_with(path) : entry.first == path;
  });
  if (removed == 0) return;
  if (kind_ == Kind::kSocket) return fire(path);
  answer(MessageType::kCmdRm, path);
  unconfirmed_.emplace_back(path);
}

void ModelDaemon::commit_firewall(std::string_view source, const std::vector<std::string>& rules) {
  const std::string node = "/qubes-firewall/" + std::string(source);
  rm(node + "/");
  write(node + "/policy", "drop");
  for (std::size_t i = 0; i < rules.size(); ++i) {
    std::string number = std::to_string(i);
    number.insert(0, 4 - number.size(), '0');
    write(node + "/" + number, rules[i]);
  }
  write(node, "");
}

void ModelDaemon::expect_confirmation(const Message& message) {
  CHECK(kind_ == Kind::kVchan && !unconfirmed_.empty() && message.path == unconfirmed_.front());
  unconfirmed_.pop_front();
}

void ModelDaemon::handle(const Message& request) {
  if (request.type == MessageType::kRespOk) return expect_confirmation(request);
  requests.push_back(request);
  const std::string& path = request.path;
  switch (request.type) {
    case MessageType::kCmdWatch:
      watches_.push_back(path);
      return answer(MessageType::kRespOk, path);
    case MessageType::kCmdRead:
      if (const auto at = entries_.find(path); at != entries_.end())
        return answer(MessageType::kRespRead, path, at->second);
      return answer(MessageType::kRespErrorNoEnt, path);
    case MessageType::kCmdMultiRead:
      // From the last path to the first, as dom0 does.
      for (const auto& [name, value] : entries_ | std::views::reverse) {
        if (name.starts_with(path)) answer(MessageType::kRespMultiRead, name, value);
      }
      return answer(MessageType::kRespMultiRead, "");
    default:
      CHECK(false);
  }
}

void ModelDaemon::disconnect() {
  watches_.clear();
  unconfirmed_.clear();
  sent.clear();
}

bool settle(Session& session, ModelDaemon& daemon, base::Now now) {
  for (;;) {
    const auto output = session.take_output();
    for (const Message& request : messages_in(output)) daemon.handle(request);
    if (daemon.sent.empty()) return true;
    const auto bytes = bytes_of(std::exchange(daemon.sent, {}));
    if (!session.handle_bytes(now, bytes)) return false;
  }
}

}  // namespace sallyport::qubes
