#include "daemon/status_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "daemon/control_request.h"
#include "daemon/exit_code.h"
#include "daemon/file_handover.h"
#include "daemon/server_status.h"
#include "daemon/status_json.h"
#include "io/control_client.h"
#include "io/secret_line.h"

namespace sallyport::daemon {
namespace {

constexpr std::string_view kServing = R"({"state":"serving")";

// A gateway's, or a server's.
std::string text_of(const std::string& line) {
  return line.starts_with(kServing) ? server_status_text(line) : status_text(line);
}

int fail(const io::Error& error) {
  fmt::print(stderr, "sallyport: {}\n", error.text);
  return kExitFailed;
}

}  // namespace

int status_command(const StatusOptions& options) {
  auto client = io::ControlClient::connect(options.control_socket);
  if (!client) return fail(client.error());
  if (auto sent = client->send(control_line({.command = options.follow ? "follow" : "status"}));
      !sent)
    return fail(sent.error());
  do {
    const auto line = client->receive();
    if (!line) return fail(line.error());
    fmt::print("{}", options.json ? *line + "\n" : text_of(*line));
    std::fflush(stdout);
  } while (options.follow);
  return kExitDone;
}

int control_command(const ControlOptions& options) {
  auto client = io::ControlClient::connect(options.control_socket);
  if (!client) return fail(client.error());
  if (options.command == "reload") {
    if (auto handed = hand_over_files(*client); !handed) return fail(handed.error());
  }
  ControlRequest request{.command = options.command, .name = options.name};
  if (options.command == "answer") {
    auto text = io::read_secret_line();
    if (!text) return fail(text.error());
    request.text = std::move(*text);
  }
  const auto line = ask(*client, request);
  if (!line) return fail(line.error());
  if (*line == kDone) return kExitDone;
  if (const auto metrics = metrics_text(*line)) {
    fmt::print("{}", *metrics);
    return kExitDone;
  }
  fmt::print(stderr, "sallyport: {}\n", *line);
  return kExitFailed;
}

}  // namespace sallyport::daemon
