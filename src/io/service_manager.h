// Tells systemd how the service is doing (sd_notify(3)): ready, what it is doing, still alive. Does
// nothing where nobody listens.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "io/unique_fd.h"

namespace sallyport::io {

class ServiceManager {
 public:
  // Takes what systemd put into the environment out of it.
  ServiceManager();

  void ready() { tell("READY=1"); }
  void stopping() { tell("STOPPING=1"); }
  // A line for `systemctl status`.
  void status(std::string_view text);
  void alive() { tell("WATCHDOG=1"); }

  // How often alive() has to be said: twice as often as systemd asks for. Empty: not at all.
  std::optional<base::Duration> watchdog_interval() const { return watchdog_; }

 private:
  void tell(std::string_view message);

  UniqueFd fd_;
  std::optional<base::Duration> watchdog_;
};

}  // namespace sallyport::io
