// Users and groups from /etc/passwd and /etc/group themselves: the name service would load
// libraries into the gateway and may ask the network.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace sallyport::io {

struct LocalUser {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // all, with `group`
};

std::optional<LocalUser> local_user(const std::string& name);
std::optional<gid_t> local_group(const std::string& name);

}  // namespace sallyport::io
