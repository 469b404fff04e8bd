#include "qubes/session.h"

#include <utility>

namespace sallyport::qubes {

void Session::handle_connected(base::Now now) {
  forget_connection();
  broken_.reset();
  start(now);
}

void Session::handle_disconnected() {
  forget_connection();
}

void Session::forget_connection() {
  reader_ = {};
  database_.clear();
  output_.clear();
  deadline_.reset();
  synchronised_ = false;
}

std::expected<void, Fault> Session::handle_bytes(base::Now now, base::Bytes bytes) {
  if (broken_) return std::unexpected(*broken_);
  for (;;) {
    auto message = reader_.next(bytes);
    if (!message) return fail(message.error());
    if (!*message) return {};
    if (auto handled = handle(now, std::move(**message)); !handled) return fail(handled.error());
  }
}

std::expected<void, Fault> Session::handle_timeout(base::Now now) {
  if (broken_) return std::unexpected(*broken_);
  if (!deadline_ || now.mono < *deadline_) return {};
  return fail(Fault::kNoAnswer);
}

std::unexpected<Fault> Session::fail(Fault fault) {
  faults_.add(fault);
  forget_connection();
  broken_ = fault;
  return std::unexpected(fault);
}

std::vector<std::uint8_t> Session::take_output() {
  return std::exchange(output_, {});
}

void Session::become_synchronised() {
  synchronised_ = true;
  changes_.add(Synchronised{});
}

}  // namespace sallyport::qubes
