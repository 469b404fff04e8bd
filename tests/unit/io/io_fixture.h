// What the tests of io need of the machine: a network, and a loop that is waited for.
#pragma once

#include <cstdint>
#include <functional>

#include "io/event_loop.h"
#include "io/unique_fd.h"
#include "temporary_folder.h"

namespace sallyport::io {

using testing::TemporaryFolder;

// Moves this program into a network namespace of its own, with a loopback device that is up. False
// when it may not (it is not root): the loopback device is then the machine's.
bool enter_own_network();

// Runs the loop until `condition` holds, for 10 seconds at the most; returns whether it holds.
bool run_until(EventLoop& loop, const std::function<bool()>& condition);

// A socket on 127.0.0.1 at a port that is free; SOCK_STREAM ones listen.
UniqueFd loopback_socket(int type);
std::uint16_t port_of(const UniqueFd& socket);

}  // namespace sallyport::io
