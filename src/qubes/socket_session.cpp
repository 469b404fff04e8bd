#include "qubes/socket_session.h"

#include <algorithm>
#include <utility>

#include "qubes/path.h"

namespace sallyport::qubes {

// A watch stands before the reading, so no change is between them.
void SocketSession::start(base::Now now) {
  requests_.clear();
  answer_.clear();
  outdated_ = false;
  auto places = Settings::places();
  places.push_back(kFirewallTree);
  for (const std::string_view place : places) {
    requests_.push_back({MessageType::kCmdWatch, std::string(place)});
    requests_.push_back(
        {is_tree(place) ? MessageType::kCmdMultiRead : MessageType::kCmdRead, std::string(place)});
  }
  unread_ = requests_.size();
  send_first(now);
}

std::expected<void, Fault> SocketSession::handle(base::Now now, Message message) {
  if (message.type == MessageType::kRespWatch) return handle_event(now, message.path);
  if (requests_.empty()) return std::unexpected(Fault::kUnexpected);
  if (message.type == MessageType::kRespError) return std::unexpected(Fault::kRequestRefused);
  const Request& request = requests_.front();
  if (request.type == MessageType::kCmdMultiRead) {
    const auto complete = handle_multi_read(request, message);
    if (!complete) return std::unexpected(complete.error());
    if (!*complete) return {};
  } else if (request.type == MessageType::kCmdRead) {
    if (auto read = handle_read(request, std::move(message)); !read) return read;
  } else if (message.type != MessageType::kRespOk) {
    return std::unexpected(Fault::kUnexpected);
  }
  finish_first(now);
  return {};
}

std::expected<void, Fault> SocketSession::handle_event(base::Now now, std::string_view path) {
  // Only the commit counts of what happens to a source.
  if (const auto source = committed_source(path)) return handle_commit(now, *source);
  for (const std::string_view place : Settings::places()) {
    if (!overlap(path, place)) continue;
    if (auto requested = request_reading(now, std::string(place)); !requested) return requested;
  }
  return {};
}

std::expected<void, Fault> SocketSession::handle_commit(base::Now now, std::string_view source) {
  const auto address = parse_source(source);
  if (!address) {
    settings_.count(Ignored::kFirewallSource);
    return {};
  }
  std::string tree = commit_path(*address) + "/";
  if (!requests_.empty() && requests_.front().path == tree) outdated_ = true;
  return request_reading(now, std::move(tree));
}

std::expected<void, Fault> SocketSession::request_reading(base::Now now, std::string path) {
  Request request{is_tree(path) ? MessageType::kCmdMultiRead : MessageType::kCmdRead,
                  std::move(path)};
  if (requests_.empty()) {
    requests_.push_back(std::move(request));
    send_first(now);
    return {};
  }
  // The one under way may have been answered before the change.
  if (std::find(requests_.begin() + 1, requests_.end(), request) != requests_.end()) return {};
  if (requests_.size() == kMaxRequests) return std::unexpected(Fault::kTooMuch);
  requests_.push_back(std::move(request));
  return {};
}

void SocketSession::send_first(base::Now now) {
  send({requests_.front().type, requests_.front().path, {}});
  expect_answer(now);
}

void SocketSession::finish_first(base::Now now) {
  requests_.pop_front();
  if (unread_ != 0 && --unread_ == 0) become_synchronised();
  if (requests_.empty()) return expect_nothing();
  send_first(now);
}

std::expected<void, Fault> SocketSession::handle_read(const Request& request, Message message) {
  if (message.type == MessageType::kRespErrorNoEnt) {
    database_.remove(request.path);
  } else if (message.type != MessageType::kRespRead) {
    return std::unexpected(Fault::kUnexpected);
  } else if (!database_.write(request.path, message.data)) {
    return std::unexpected(Fault::kTooMuch);
  }
  settings_.update(database_, request.path, changes_);
  return {};
}

std::expected<bool, Fault> SocketSession::handle_multi_read(const Request& request,
                                                            const Message& message) {
  if (message.type != MessageType::kRespMultiRead) return std::unexpected(Fault::kUnexpected);
  if (message.path.empty() && message.data.empty()) {
    if (auto taken = take_tree(request.path); !taken) return std::unexpected(taken.error());
    answer_.clear();
    outdated_ = false;
    return true;
  }
  if (!message.path.starts_with(request.path)) return std::unexpected(Fault::kUnexpected);
  if (!answer_.write(message.path, message.data)) return std::unexpected(Fault::kTooMuch);
  return false;
}

// Firewalls live on in the settings alone; they would only be kept twice.
std::expected<void, Fault> SocketSession::take_tree(std::string_view tree) {
  bool fits = true;
  if (tree == kFirewallTree) {
    fits = settings_.commit_all(answer_, changes_);
  } else if (const auto source = committed_source(tree.substr(0, tree.size() - 1))) {
    // What is there now may be half of what is committed by now: the next reading has it all.
    if (!outdated_) fits = settings_.commit(answer_, *source, changes_);
  } else {
    database_.remove(tree);
    for (const auto& [path, value] : answer_.entries()) fits = fits && database_.write(path, value);
    if (fits) settings_.update(database_, tree, changes_);
  }
  if (!fits) return std::unexpected(Fault::kTooMuch);
  return {};
}

}  // namespace sallyport::qubes
