// With dom0's QubesDB for this VM, over a vchan: read everything once, then be told of every change
// in order, and say that it was heard. dom0's end gives up when an answer is another, even that
// what it removed was not there.
#pragma once

#include "qubes/session.h"

namespace sallyport::qubes {

class VchanSession : public Session {
 private:
  void start(base::Now now) override;
  std::expected<void, Fault> handle(base::Now now, Message message) override;

  std::expected<void, Fault> handle_entry(const Message& message);
  std::expected<void, Fault> handle_write(const Message& message);
  void handle_removal(const Message& message);
};

}  // namespace sallyport::qubes
