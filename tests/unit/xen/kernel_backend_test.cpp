#include "xen/kernel_backend.h"

#include <filesystem>

#include "test.h"

namespace sallyport::xen {
namespace {

// A folder that looks like /sys, gone with the object.
class FakeSys {
 public:
  FakeSys() {
    std::string pattern = std::filesystem::temp_directory_path() / "sallyport-sys-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
    add("class/net/lo");
    add("class/net/eth0");
  }
  ~FakeSys() { std::filesystem::remove_all(path_); }
  void add(const std::string& name) const {
    std::filesystem::create_directories(path_ + "/" + name);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST_SUITE("xen/kernel_backend") {
  TEST_CASE("nothing is in the way of a VM that only has its uplink") {
    const FakeSys sys;
    EXPECT(check_no_kernel_backend(sys.path()).has_value());
  }
  TEST_CASE("the loaded module is named, with what to do about it") {
    const FakeSys sys;
    sys.add("module/xen_netback");
    const auto checked = check_no_kernel_backend(sys.path());
    REQUIRE_FALSE(checked.has_value());
    EXPECT(checked.error().find("module_blacklist=xen_netback") != std::string::npos);
  }
  TEST_CASE("an interface of the kernel's for an AppVM is named") {
    const FakeSys sys;
    sys.add("class/net/vif7.0");
    const auto checked = check_no_kernel_backend(sys.path());
    REQUIRE_FALSE(checked.has_value());
    EXPECT(checked.error().find("vif7.0") != std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport::xen
