#include "io/control_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>

#include "io/local_users.h"

namespace sallyport::io {

struct ControlServer::Client {
  UniqueFd fd;
  std::string received;
  std::string unsent;
  bool is_root = false;
  bool follows = false;
  std::vector<UniqueFd> files;
  std::unique_ptr<FdWatch> readable;
  std::unique_ptr<FdWatch> writable;
};

namespace {

// As read(); files that come along are added to `files`.
ssize_t receive(int socket, std::span<char> buffer, std::vector<UniqueFd>& files) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control;
  iovec piece{buffer.data(), buffer.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (count < 0) return count;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t number = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < number; ++i) {
      int file = -1;
      std::memcpy(&file, CMSG_DATA(part) + i * sizeof file, sizeof file);
      files.emplace_back(file);
    }
  }
  return count;
}

// Not what a process left behind that is gone.
bool is_answered(const sockaddr_un& address) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return probe.valid() && (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address),
                                     sizeof address) == 0 ||
                           errno == EAGAIN);
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::listen(EventLoop& loop,
                                                             const std::string& path,
                                                             const std::string& group,
                                                             Handler handler) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return error("control socket: the path is too long: " + path);
  std::ranges::copy(path, address.sun_path);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return system_error("cannot make the control socket");
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode))
      return error("control socket: " + path + " exists and is no socket");
    if (is_answered(address)) {
      return error("control socket: somebody listens on " + path +
                   " already; give this one another with --control");
    }
    ::unlink(path.c_str());
  }
  // Closed to everybody until owner and mode are right.
  const mode_t old_mask = ::umask(0777);
  const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(old_mask);
  if (bound != 0) return system_error("cannot bind the control socket " + path);
  std::optional<gid_t> gid = local_group(group);
  if (gid && ::chown(path.c_str(), static_cast<uid_t>(-1), *gid) != 0) gid.reset();
  if (::chmod(path.c_str(), gid ? 0660 : 0600) != 0 || ::listen(fd.get(), 8) != 0) {
    return system_error("cannot open the control socket " + path);
  }
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, std::move(fd), path, gid, std::move(handler)));
}

ControlServer::ControlServer(EventLoop& loop, UniqueFd fd, std::string path,
                             std::optional<gid_t> group, Handler handler)
    : loop_(loop),
      fd_(std::move(fd)),
      path_(std::move(path)),
      group_(group),
      handler_(std::move(handler)),
      watch_(std::make_unique<FdWatch>(loop, fd_.get(), FdWatch::Readiness::kReadable,
                                       [this] { accept(); })),
      accept_again_(loop, [this] { watch_->enable(); }) {}

ControlServer::~ControlServer() {
  ::unlink(path_.c_str());
}

std::optional<ucred> ControlServer::admit(int fd) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  if (peer.uid == 0 || peer.uid == ::geteuid()) return peer;
  if (!group_) return std::nullopt;
  if (peer.gid == *group_) return peer;
  std::array<gid_t, 256> groups{};
  size = sizeof groups;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return std::nullopt;
  const auto members = std::span(groups).first(size / sizeof(gid_t));
  if (std::ranges::find(members, *group_) == members.end()) return std::nullopt;
  return peer;
}

void ControlServer::accept() {
  UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid() && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
    // No descriptor or memory for who waits, and so the socket stays readable.
    watch_->disable();
    return accept_again_.set(kExhaustion);
  }
  if (!fd.valid() || clients_.size() >= kMaxClients) return;
  const auto peer = admit(fd.get());
  if (!peer) return;
  const int number = fd.get();
  auto client = std::make_unique<Client>();
  client->fd = std::move(fd);
  client->is_root = peer->uid == 0;
  client->readable = std::make_unique<FdWatch>(loop_, number, FdWatch::Readiness::kReadable,
                                               [this, number] { read_from(number); });
  client->writable =
      std::make_unique<FdWatch>(loop_, number, FdWatch::Readiness::kWritable, [this, number] {
        if (!flush(*clients_.at(number))) clients_.erase(number);
      });
  client->writable->disable();
  clients_.emplace(number, std::move(client));
}

void ControlServer::read_from(int number) {
  Client& client = *clients_.at(number);
  std::array<char, 4096> buffer;
  const ssize_t count = receive(number, buffer, client.files);
  if (client.files.size() > kMaxFiles) return static_cast<void>(clients_.erase(number));
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) client.received.append(buffer.data(), static_cast<std::size_t>(count));
  if (count <= 0 || !serve(client)) clients_.erase(number);
}

// Answers the whole lines received; false when the client is to be let go.
bool ControlServer::serve(Client& client) {
  for (std::size_t end; (end = client.received.find('\n')) != std::string::npos;) {
    Request request{std::string_view(client.received).substr(0, end), client.follows,
                    client.is_root, std::exchange(client.files, {})};
    const std::string answer = handler_(request);
    client.follows = request.follow;
    client.received.erase(0, end + 1);
    if (!send(client, answer)) return false;
  }
  return client.received.size() <= kMaxLine;
}

bool ControlServer::send(Client& client, std::string_view line) {
  if (client.unsent.size() + line.size() > kMaxUnsent) return false;
  client.unsent.append(line);
  client.unsent += '\n';
  return flush(client);
}

bool ControlServer::flush(Client& client) {
  while (!client.unsent.empty()) {
    const ssize_t count =
        ::send(client.fd.get(), client.unsent.data(), client.unsent.size(), MSG_NOSIGNAL);
    if (count > 0) {
      client.unsent.erase(0, static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      client.writable->enable();
      return true;
    } else if (errno != EINTR) {
      return false;
    }
  }
  client.writable->disable();
  return true;
}

// It may run inside the handler, while one of the clients is served: one that is let go is only
// hung up on here, and forgotten when its socket tells so.
void ControlServer::push(std::string_view line) {
  for (const auto& [number, client] : clients_) {
    if (!client->follows || send(*client, line)) continue;
    client->follows = false;
    ::shutdown(number, SHUT_RDWR);
  }
}

bool ControlServer::has_followers() const {
  return std::ranges::any_of(clients_, [](const auto& entry) { return entry.second->follows; });
}

}  // namespace sallyport::io
