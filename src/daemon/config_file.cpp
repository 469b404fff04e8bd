#include "daemon/config_file.h"

#include <CLI/CLI.hpp>
#include <set>

namespace sallyport::daemon {

std::expected<void, std::string> apply_config_file(CLI::App& command, const std::string& path) {
  try {
    // A key that comes twice adds to what it said before, unless the command line said it.
    std::set<const CLI::Option*> from_file;
    for (const CLI::ConfigItem& item : CLI::ConfigBase().from_file(path)) {
      CLI::Option* const option = command.get_option_no_throw("--" + item.name);
      if (!item.parents.empty() || option == nullptr || item.name == "config" ||
          item.name == "help") {
        return std::unexpected(path + ": '" + item.fullname() + "' is no option of '" +
                               command.get_name() + "'");
      }
      if (option->count() != 0 && !from_file.contains(option)) continue;
      from_file.insert(option);
      option->add_result(item.inputs);
      option->run_callback();
    }
  } catch (const CLI::Error& error) {
    return std::unexpected(path + ": " + error.what());
  }
  return {};
}

}  // namespace sallyport::daemon
