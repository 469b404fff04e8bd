// Whether this VM's own kernel stands ready to serve the AppVMs' network devices: two backends for
// one device, and the kernel's would route what it gets.
#pragma once

#include <expected>
#include <string>

namespace sallyport::xen {

// What stands in the way and what to do about it; nothing in the way is a value. `sys` is "/sys".
std::expected<void, std::string> check_no_kernel_backend(const std::string& sys);

}  // namespace sallyport::xen
