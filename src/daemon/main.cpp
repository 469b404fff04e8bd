// The command line. What it means is in the *_command.h files; the contract is in docs/sallyport.1.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

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

CLI::App* add_run(CLI::App& app, RunOptions& options) {
  CLI::App* const run = app.add_subcommand("run", "Run the gateway");
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
  return run;
}

CLI::App* add_server(CLI::App& app, ServerOptions& options) {
  CLI::App* const server = app.add_subcommand("server", "Be the server that clients connect to");
  server->add_option("--config", options.config_file, "OpenVPN's server.conf")->required();
  add_control_socket(*server, options.control_socket);
  server->add_option("--user", options.user,
                     "Go on as this user, without capabilities, files or programs");
  return server;
}

CLI::App* add_genkey(CLI::App& app, GenkeyOptions& options) {
  CLI::App* const genkey = app.add_subcommand("genkey", "Make keys, or say what is in one");
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
  return genkey;
}

int run_program(int argc, char** argv) {
  CLI::App app{"Sallyport, a VPN gateway that fails closed"};
  app.require_subcommand(1);
  RunOptions run_options;
  CLI::App* const run = add_run(app, run_options);

  StatusOptions status_options;
  CLI::App* const status = app.add_subcommand("status", "Show what the gateway does");
  add_control_socket(*status, status_options.control_socket);
  status->add_flag("--json", status_options.json, "One line of JSON");
  status->add_flag("--follow", status_options.follow, "Go on, with every change of state");

  CheckOptions check_options;
  CLI::App* const check =
      app.add_subcommand("check", "Say what becomes of every line of a profile");
  check->add_option("file", check_options.file, "An .ovpn file")->required();
  check->add_flag("--json", check_options.json, "As JSON");
  check->add_option("--fix", check_options.fixed_file,
                    "Write the profile there, without what is refused; never over another file");

  ControlOptions control_options;
  CLI::App* const control = app.add_subcommand("ctl", "Tell the gateway something");
  add_control_socket(*control, control_options.control_socket);
  control
      ->add_option("command", control_options.command,
                   "What to do; answer: with one line from standard input")
      ->required()
      ->check(CLI::IsMember({"reconnect", "reload", "answer", "metrics", "kick"}));
  control->add_option("--name", control_options.name, "The client to send away (kick)");

  LinkOptions link_options;
  CLI::App* const link =
      app.add_subcommand("link", "In an AppVM without a network device: use the gateway's vchan");
  link->add_option("--gateway", link_options.gateway, "The gateway's domain number")->required();
  link->add_option("--ip", link_options.ip, "This AppVM's address")->required();
  link->add_option("--ip6", link_options.ip6, "This AppVM's IPv6 address");
  link->add_option("--device", link_options.device, "The device to make")->capture_default_str();

  VerifyOptions verify_options;
  CLI::App* const verify =
      app.add_subcommand("verify", "Look whether this VM's locks are in place");
  verify->add_flag("--json", verify_options.json, "As JSON");
  ServerOptions server_options;
  CLI::App* const server = add_server(app, server_options);
  PasswordOptions password_options;
  CLI::App* const password =
      app.add_subcommand("password", "Print a line for auth-user-file; reads the password");
  password->add_option("name", password_options.name, "The user's name")->required();

  GenkeyOptions genkey_options;
  CLI::App* const genkey = add_genkey(app, genkey_options);

  CLI::App* const version = app.add_subcommand("version", "Print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  }
  if (run->parsed()) {
    if (!run_options.config_file.empty()) {
      if (auto applied = apply_config_file(*run, run_options.config_file); !applied) {
        fmt::print(stderr, "sallyport: {}\n", applied.error());
        return kExitFailed;
      }
    }
    return run_command(run_options);
  }
  if (status->parsed()) return status_command(status_options);
  if (check->parsed()) return check_command(check_options);
  if (link->parsed()) return link_command(link_options);
  if (control->parsed()) return control_command(control_options);
  if (verify->parsed()) return verify_command(verify_options);
  if (server->parsed()) return server_command(server_options);
  if (password->parsed()) return password_command(password_options);
  if (genkey->parsed()) return genkey_command(genkey_options);
  if (version->parsed()) fmt::print("sallyport {}\n", kVersion);
  return kExitDone;
}

}  // namespace
}  // namespace sallyport::daemon

int main(int argc, char** argv) {
  return sallyport::daemon::run_program(argc, argv);
}
