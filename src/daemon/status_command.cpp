#include "daemon/status_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "daemon/exit_code.h"
#include "daemon/status_json.h"
#include "io/control_client.h"

namespace sallyport::daemon {
namespace {

std::string command_line(std::string_view command) {
  return nlohmann::ordered_json{{"command", command}}.dump();
}

int fail(const io::Error& error) {
  fmt::print(stderr, "sallyport: {}\n", error.text);
  return kExitFailed;
}

}  // namespace

int status_command(const StatusOptions& options) {
  auto client = io::ControlClient::connect(options.control_socket);
  if (!client) return fail(client.error());
  if (auto sent = client->send(command_line(options.follow ? "follow" : "status")); !sent)
    return fail(sent.error());
  do {
    const auto line = client->receive();
    if (!line) return fail(line.error());
    fmt::print("{}", options.json ? *line + "\n" : status_text(*line));
    std::fflush(stdout);
  } while (options.follow);
  return kExitDone;
}

int control_command(const ControlOptions& options) {
  auto client = io::ControlClient::connect(options.control_socket);
  if (!client) return fail(client.error());
  if (auto sent = client->send(command_line(options.command)); !sent) return fail(sent.error());
  const auto line = client->receive();
  if (!line) return fail(line.error());
  if (*line == R"({"ok":true})") return kExitDone;
  fmt::print(stderr, "sallyport: {}\n", *line);
  return kExitFailed;
}

}  // namespace sallyport::daemon
