#include "daemon/control_answer.h"

#include "daemon/json_text.h"

namespace sallyport::daemon {

std::string error_answer(const std::string& text) {
  return json_line(Json{{"error", text}});
}

std::string take_file(HandedFiles& files, const std::string& path,
                      io::ControlServer::Request& request) {
  if (!request.from_root) return error_answer("only root may hand files over");
  if (request.files.size() != 1) return error_answer("there is no file with it");
  if (const auto added = files.add(path, request.files[0]); !added)
    return error_answer(added.error().text);
  return kDone;
}

}  // namespace sallyport::daemon
