// The lines of the control socket, as they are asked: JSON objects with a command.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::daemon {

struct ControlRequest {
  std::string command;
  std::string path{};  // of "file"
  std::string name{};  // of "kick"
  std::string text{};  // of "answer"
};

// The answer to what was asked and done, where there is nothing else to say.
inline constexpr const char* kDone = R"({"ok":true})";

// Empty for what is no such object.
std::optional<ControlRequest> parse_control_request(std::string_view line);
std::string control_line(const ControlRequest& request);

// What a gateway reads at a reload, and whether it can open that itself.
struct NeededFiles {
  std::vector<std::string> profiles;
  std::string auth_file;
  bool caged = false;
  std::string server{};  // a server's configuration
};
std::string needed_files_line(const NeededFiles& files);
std::optional<NeededFiles> parse_needed_files(std::string_view line);

}  // namespace sallyport::daemon
