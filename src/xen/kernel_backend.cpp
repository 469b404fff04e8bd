#include "xen/kernel_backend.h"

#include <filesystem>

namespace sallyport::xen {

std::expected<void, std::string> check_no_kernel_backend(const std::string& sys) {
  std::error_code error;
  if (std::filesystem::exists(sys + "/module/xen_netback", error)) {
    return std::unexpected(
        "the kernel module xen-netback is loaded, and would serve AppVMs past the tunnel; keep it "
        "out with the kernel option 'module_blacklist=xen_netback' and restart this VM");
  }
  for (const auto& entry : std::filesystem::directory_iterator(sys + "/class/net", error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("vif")) {
      return std::unexpected("the kernel serves an AppVM already, by its interface " + name +
                             "; shut that AppVM down, keep xen-netback out and restart this VM");
    }
  }
  return {};
}

}  // namespace sallyport::xen
