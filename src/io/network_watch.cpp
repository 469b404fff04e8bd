#include "io/network_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace sallyport::io {
namespace {

constexpr int kReadsPerTurn = 64;

}  // namespace

Result<std::unique_ptr<NetworkWatch>> NetworkWatch::open(EventLoop& loop,
                                                         std::function<void()> callback) {
  UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd.valid()) return system_error("cannot make a route netlink socket");
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  local.nl_groups =
      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) {
    return system_error("cannot listen to changes of the network");
  }
  return std::unique_ptr<NetworkWatch>(new NetworkWatch(loop, std::move(fd), std::move(callback)));
}

NetworkWatch::NetworkWatch(EventLoop& loop, UniqueFd fd, std::function<void()> callback)
    : fd_(std::move(fd)),
      callback_(std::move(callback)),
      readable_(loop, fd_.get(), FdWatch::Readiness::kReadable, [this] { drain(); }) {}

void NetworkWatch::drain() {
  std::array<char, 8192> ignored;
  // Too much at once is said by ENOBUFS, and is a change too. What is left makes us be called
  // again.
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (::recv(fd_.get(), ignored.data(), ignored.size(), 0) <= 0 && errno != ENOBUFS) break;
  }
  callback_();
}

}  // namespace sallyport::io
