// The xenstore of this machine: small values under paths, and watches that say what changed. Paths
// that do not begin with a slash are below our own domain's directory. Calls wait for xenstored,
// which answers in microseconds; nothing is called on the packet path.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netback/xen_ids.h"
#include "xen/error.h"

struct xs_handle;

namespace sallyport::xen {

class Xenstore {
 public:
  static Result<Xenstore> open();

  // Nothing when there is no such node, or it is not for us to read.
  std::optional<std::string> read(const std::string& path);
  // The number of this machine, by which others name it.
  Result<netback::DomainId> own_domain();
  // The names of a node's children; empty as above.
  std::vector<std::string> list(const std::string& path);

  enum class WriteError {
    kFull,  // our quota of nodes is used up
    kGone,  // no such node, or no longer ours
    kOther,
  };
  std::expected<void, WriteError> write(const std::string& path, const std::string& value);
  enum class Removal {
    kRemoved,  // or gone already
    kKept,     // the guard has another value
    kFailed,
  };
  // Removes `path` and all below if the node `guard` has this value at that moment.
  Removal remove_while(const std::string& path, const std::string& guard, std::string_view value);

  // Changes at `path` and below are reported as {changed path, token}, first of all one for the
  // path itself. The path need not exist.
  bool watch(const std::string& path, const std::string& token);
  void unwatch(const std::string& path, const std::string& token);
  struct Changed {
    std::string path;
    std::string token;
  };
  // Readable when something changed.
  int fd() const;
  // The next change; empty when there is none for now.
  std::optional<Changed> next_change();

 private:
  struct Close {
    void operator()(xs_handle* handle) const;
  };
  explicit Xenstore(xs_handle* handle) : handle_(handle) {}

  std::unique_ptr<xs_handle, Close> handle_;
};

}  // namespace sallyport::xen
