// The command line. What it means is in the *_command.h files; the contract is in docs/sallyport.1.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <utility>

#include "daemon/check_command.h"
#include "daemon/config_file.h"
#include "daemon/exit_code.h"
#include "daemon/genkey_command.h"
#include "daemon/link_command.h"
#include "daemon/run_command.h"
#include "daemon/server_command.h"
#include "daemon/status_command.h"
#include "daemon/verify_command.h"

namespace sallyport::daemon {
namespace {

constexpr const char* kVersion = SALLYPORT_VERSION;

void add_control_socket(CLI::App& command, std::string& path) {
  command.add_option("--control", path, "the control socket")->capture_default_str();
}

// What the command line asked for.
struct Invocation {
  RunOptions run;
  StatusOptions status;
  CheckOptions check;
  ControlOptions control;
  LinkOptions link;
  VerifyOptions verify;
  ServerOptions server;
  PasswordOptions password;
  GenkeyOptions genkey;
  std::function<int()> command;
};

CLI::App* add_command(CLI::App& app, Invocation& invocation, const char* name, const char* what,
                      std::function<int()> command) {
  CLI::App* const made = app.add_subcommand(name, what);
  made->callback([&invocation, command = std::move(command)] { invocation.command = command; });
  return made;
}

int run_with_config_file(CLI::App& run, const RunOptions& options) {
  if (!options.config_file.empty()) {
    if (auto applied = apply_config_file(run, options.config_file); !applied) {
      fmt::print(stderr, "sallyport: {}\n", applied.error());
      return kExitFailed;
    }
  }
  return run_command(options);
}

void add_run(CLI::App& app, Invocation& invocation) {
  RunOptions& options = invocation.run;
  CLI::App* const run = app.add_subcommand("run", "Run the gateway");
  run->callback([&invocation, run] {
    invocation.command = [&invocation, run] { return run_with_config_file(*run, invocation.run); };
  });
  run->add_option("--profile", options.profiles, "An .ovpn file; several are tried in turn");
  run->add_option("--downstream", options.downstreams,
                  "Where clients come from: netback, vchan:DOMID,ip=ADDR[,ip6=ADDR], or "
                  "tap:NAME,ip=ADDR[,ip6=ADDR][,mac=MAC]");
  run->add_option("--uplink", options.uplink, "The interface towards the VPN server");
  run->add_option("--auth", options.auth_file,
                  "A file with a line of user name and a line of password");
  run->add_option("--gateway-ip", options.gateway_ip,
                  "The address under which clients know the gateway");
  run->add_option("--qubesdb", options.qubesdb,
                  "Where dom0's settings for this VM come from: socket[:PATH], vchan, or none")
      ->capture_default_str();
  add_control_socket(*run, options.control_socket);
  run->add_option("--user", options.user,
                  "Go on as this user, without capabilities, files or programs, once all is open");
  run->add_option("--config", options.config_file, "A file with any of these options");
}

void add_status(CLI::App& app, Invocation& invocation) {
  StatusOptions& options = invocation.status;
  CLI::App* const status = add_command(app, invocation, "status", "Show what the gateway does",
                                       [&] { return status_command(options); });
  add_control_socket(*status, options.control_socket);
  status->add_flag("--json", options.json, "One line of JSON");
  status->add_flag("--follow", options.follow, "Go on, with every change of state");
}

void add_check(CLI::App& app, Invocation& invocation) {
  CheckOptions& options = invocation.check;
  CLI::App* const check =
      add_command(app, invocation, "check", "Say what becomes of every line of a profile",
                  [&] { return check_command(options); });
  check->add_option("file", options.file, "An .ovpn file")->required();
  check->add_flag("--json", options.json, "As JSON");
  check->add_option("--fix", options.fixed_file,
                    "Write the profile there, without what is refused and with the files beside it;"
                    " never over another file");
  check
      ->add_option("--inline", options.inlined_file,
                   "Write the profile there, with the files beside it; never over another file")
      ->excludes("--fix");
}

void add_control(CLI::App& app, Invocation& invocation) {
  ControlOptions& options = invocation.control;
  CLI::App* const control = add_command(app, invocation, "ctl", "Tell the gateway something",
                                        [&] { return control_command(options); });
  add_control_socket(*control, options.control_socket);
  control
      ->add_option("command", options.command,
                   "What to do; answer: with one line from standard input")
      ->required()
      ->check(CLI::IsMember({"reconnect", "reload", "answer", "metrics", "kick"}));
  control->add_option("--name", options.name, "The client to send away (kick)");
}

void add_link(CLI::App& app, Invocation& invocation) {
  LinkOptions& options = invocation.link;
  CLI::App* const link = add_command(
      app, invocation, "link", "In an AppVM without a network device: use the gateway's vchan",
      [&] { return link_command(options); });
  link->add_option("--gateway", options.gateway, "The gateway's domain number")->required();
  link->add_option("--ip", options.ip, "This AppVM's address")->required();
  link->add_option("--ip6", options.ip6, "This AppVM's IPv6 address");
  link->add_option("--device", options.device, "The device to make")->capture_default_str();
}

void add_verify(CLI::App& app, Invocation& invocation) {
  VerifyOptions& options = invocation.verify;
  CLI::App* const verify =
      add_command(app, invocation, "verify", "Look whether this VM's locks are in place",
                  [&] { return verify_command(options); });
  verify->add_flag("--json", options.json, "As JSON");
}

void add_server(CLI::App& app, Invocation& invocation) {
  ServerOptions& options = invocation.server;
  CLI::App* const server =
      add_command(app, invocation, "server", "Be the server that clients connect to",
                  [&] { return server_command(options); });
  server->add_option("--config", options.config_file, "OpenVPN's server.conf")->required();
  add_control_socket(*server, options.control_socket);
  server->add_option("--user", options.user,
                     "Go on as this user, without capabilities, files or programs");
  CLI::Option* const check = server->add_flag(
      "--check", options.check, "Say what becomes of every line of the file, and start nothing");
  server->add_flag("--json", options.json, "That as JSON")->needs(check);
}

void add_password(CLI::App& app, Invocation& invocation) {
  PasswordOptions& options = invocation.password;
  CLI::App* const password = add_command(app, invocation, "password",
                                         "Print a line for auth-user-file; reads the password",
                                         [&] { return password_command(options); });
  password->add_option("name", options.name, "The user's name")->required();
}

void add_genkey(CLI::App& app, Invocation& invocation) {
  GenkeyOptions& options = invocation.genkey;
  CLI::App* const genkey =
      add_command(app, invocation, "genkey", "Make keys, or say what is in one",
                  [&] { return genkey_command(options); });
  genkey->add_option("kind", options.kind, "What to make, or to look at")
      ->required()
      ->check(CLI::IsMember(
          {"tls-crypt-v2-server", "tls-crypt-v2-client", "tls-crypt-v2-inspect", "auth-token"}));
  genkey->add_option("file", options.file, "The file to write, or to look at")->required();
  genkey->add_option("--server-key", options.server_key,
                     "The server's key, which wraps and unwraps those of clients");
  CLI::Option* const text = genkey->add_option(
      "--metadata", options.metadata, "Text for the server in the client's key, not the time");
  genkey->add_option("--metadata-base64", options.metadata_base64, "The same, as base64")
      ->excludes(text);
  genkey->add_flag("--force", options.force, "Replace a file that is there");
}

int print_version() {
  fmt::print("sallyport {}\n", kVersion);
  return kExitDone;
}

int run_program(int argc, char** argv) {
  CLI::App app{"Sallyport, a VPN gateway that fails closed"};
  app.require_subcommand(1);
  Invocation invocation;
  for (const auto add : {add_run, add_status, add_check, add_control, add_link, add_verify,
                         add_server, add_password, add_genkey}) {
    add(app, invocation);
  }
  add_command(app, invocation, "version", "Print the version", print_version);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  return invocation.command();
}

}  // namespace
}  // namespace sallyport::daemon

int main(int argc, char** argv) {
  return sallyport::daemon::run_program(argc, argv);
}
