#include "daemon/server_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>

#include "crypto/system_rng.h"
#include "daemon/check_command.h"
#include "daemon/exit_code.h"
#include "daemon/server_config_loader.h"
#include "daemon/server_loop.h"
#include "io/local_users.h"
#include "openvpn/profile/printable.h"

namespace sallyport::daemon {
namespace {

int fail(const std::string& text) {
  fmt::print(stderr, "sallyport: {}\n", text);
  return kExitFailed;
}

int check_server(const ServerOptions& options) {
  DiskFiles files;
  auto read = read_server_file(options.config_file, files);
  if (!read) return fail(read.error());
  const std::string in_file = read->config ? read->config->user : "";
  const std::string& user = options.user.empty() ? in_file : options.user;
  if (!user.empty() && !io::local_user(user))
    read->report.errors.push_back(
        {"user", openvpn::quoted(user) + " is no user in this system's /etc/passwd"});
  return print_report(read->report, "server", options.json);
}

}  // namespace

int server_command(const ServerOptions& options) {
  if (options.check) return check_server(options);
  auto keeper = AccessKeeper::start(options);
  if (!keeper) return fail(keeper.error().text);
  const auto loop = ServerLoop::create(options, std::move(*keeper));
  if (!loop) return fail(loop.error());
  if (auto caged = (*loop)->enter_cage(); !caged) return fail(caged.error());
  if (auto ended = (*loop)->run(); !ended) return fail(ended.error());
  return kExitDone;
}

int password_command(const PasswordOptions& options) {
  if (!openvpn::is_user_name(options.name))
    return fail("a user name has letters, digits and _ . @ - only");
  std::string password;
  if (!std::getline(std::cin, password) || password.empty())
    return fail("there is no password on standard input");
  crypto::SystemRng rng;
  const auto hash = openvpn::PasswordHash::make(password, rng);
  base::wipe(std::span(reinterpret_cast<std::uint8_t*>(password.data()), password.size()));
  fmt::print("{}:{}\n", options.name, hash.to_string());
  return kExitDone;
}

}  // namespace sallyport::daemon
