// With the qubesdb-daemon of this VM, over its local socket: watch what we want to know, read it,
// and read it again whenever a watch says that it changed. A watch is no log: events of a burst may
// come in another order, and stand for the state at the time of reading.
//
// One request is under way at a time, so an answer can belong to nothing else.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "qubes/session.h"

namespace sallyport::qubes {

class SocketSession : public Session {
 private:
  struct Request {
    MessageType type{};
    std::string path;

    friend bool operator==(const Request&, const Request&) = default;
  };
  // The first reading, and a reading for each source.
  static constexpr std::size_t kMaxRequests = 64 + Settings::kMaxSources;

  void start(base::Now now) override;
  std::expected<void, Fault> handle(base::Now now, Message message) override;

  // Reads an entry or a tree once more, unless that is going to happen anyway.
  std::expected<void, Fault> request_reading(base::Now now, std::string path);
  void send_first(base::Now now);
  void finish_first(base::Now now);

  std::expected<void, Fault> handle_event(base::Now now, std::string_view path);
  std::expected<void, Fault> handle_commit(base::Now now, std::string_view source);
  std::expected<void, Fault> handle_read(const Request& request, Message message);
  // True when it was the last part of the answer.
  std::expected<bool, Fault> handle_multi_read(const Request& request, const Message& message);
  std::expected<void, Fault> take_tree(std::string_view tree);

  std::deque<Request> requests_;  // the first one has been sent
  Database answer_;               // the parts that have come of the answer to it
  bool outdated_ = false;         // the source that is being read was committed again meanwhile
  std::size_t unread_ = 0;        // requests of the first reading
};

}  // namespace sallyport::qubes
