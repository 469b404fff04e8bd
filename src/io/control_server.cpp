#include "io/control_server.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>

namespace sallyport::io {

struct ControlServer::Client {
  UniqueFd fd;
  std::string received;
  std::string unsent;
  bool follows = false;
  std::unique_ptr<FdWatch> readable;
  std::unique_ptr<FdWatch> writable;
};

namespace {

// From /etc/group itself: the name service would load libraries into the gateway and may ask the
// network.
std::optional<gid_t> local_group(const std::string& name) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/etc/group", "re"), std::fclose);
  if (file == nullptr) return std::nullopt;
  while (const ::group* const entry = ::fgetgrent(file.get())) {
    if (name == entry->gr_name) return entry->gr_gid;
  }
  return std::nullopt;
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
                                       [this] { accept(); })) {}

ControlServer::~ControlServer() {
  ::unlink(path_.c_str());
}

bool ControlServer::may_talk(int fd) const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (peer.uid == 0 || peer.uid == ::geteuid()) return true;
  if (!group_) return false;
  if (peer.gid == *group_) return true;
  std::array<gid_t, 256> groups{};
  size = sizeof groups;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  const auto members = std::span(groups).first(size / sizeof(gid_t));
  return std::ranges::find(members, *group_) != members.end();
}

void ControlServer::accept() {
  UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid() || clients_.size() >= kMaxClients || !may_talk(fd.get())) return;
  const int number = fd.get();
  auto client = std::make_unique<Client>();
  client->fd = std::move(fd);
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
  const ssize_t count = ::read(number, buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count > 0) client.received.append(buffer.data(), static_cast<std::size_t>(count));
  if (count <= 0 || !serve(client)) clients_.erase(number);
}

// Answers the whole lines received; false when the client is to be let go.
bool ControlServer::serve(Client& client) {
  for (std::size_t end; (end = client.received.find('\n')) != std::string::npos;) {
    Request request{std::string_view(client.received).substr(0, end), client.follows};
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
