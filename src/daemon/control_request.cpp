#include "daemon/control_request.h"

#include "daemon/json_text.h"

namespace sallyport::daemon {
namespace {

Json parse(std::string_view line) {
  return Json::parse(line, nullptr, /*allow_exceptions=*/false);
}

// Empty without such a member, and for one that is no text.
std::string text_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

}  // namespace

std::optional<ControlRequest> parse_control_request(std::string_view line) {
  const Json object = parse(line);
  if (!object.is_object()) return std::nullopt;
  return ControlRequest{text_of(object, "command"), text_of(object, "path"),
                        text_of(object, "name"), text_of(object, "text")};
}

std::string control_line(const ControlRequest& request) {
  Json object{{"command", request.command}};
  if (!request.path.empty()) object["path"] = request.path;
  if (!request.name.empty()) object["name"] = request.name;
  if (!request.text.empty()) object["text"] = request.text;
  return json_line(object);
}

std::string needed_files_line(const NeededFiles& files) {
  Json object{{"profiles", files.profiles}, {"auth", files.auth_file}, {"caged", files.caged}};
  if (!files.server.empty()) object["server"] = files.server;
  return json_line(object);
}

std::optional<NeededFiles> parse_needed_files(std::string_view line) {
  const Json object = parse(line);
  if (!object.is_object() || !object.contains("profiles") || !object["profiles"].is_array()) {
    return std::nullopt;
  }
  NeededFiles files;
  for (const Json& profile : object["profiles"]) {
    if (!profile.is_string()) return std::nullopt;
    files.profiles.push_back(profile.get<std::string>());
  }
  files.auth_file = text_of(object, "auth");
  files.caged = object.contains("caged") && object["caged"] == true;
  files.server = text_of(object, "server");
  return files;
}

}  // namespace sallyport::daemon
