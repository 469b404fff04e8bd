#include "io/local_users.h"

#include <grp.h>
#include <pwd.h>

#include <cstdio>
#include <memory>

namespace sallyport::io {
namespace {

using UniqueFile = std::unique_ptr<FILE, int (*)(FILE*)>;

UniqueFile open_table(const char* path) {
  return {std::fopen(path, "re"), std::fclose};
}

// Calls visit(const group&) for each, until it returns true.
template <class Visitor>
void each_group(Visitor visit) {
  const UniqueFile file = open_table("/etc/group");
  if (file == nullptr) return;
  while (const ::group* const entry = ::fgetgrent(file.get())) {
    if (visit(*entry)) return;
  }
}

bool has_member(const ::group& group, const std::string& name) {
  for (char* const* member = group.gr_mem; *member != nullptr; ++member) {
    if (name == *member) return true;
  }
  return false;
}

}  // namespace

std::optional<LocalUser> local_user(const std::string& name) {
  const UniqueFile file = open_table("/etc/passwd");
  if (file == nullptr) return std::nullopt;
  std::optional<LocalUser> user;
  while (const ::passwd* const entry = ::fgetpwent(file.get())) {
    if (name != entry->pw_name) continue;
    user = LocalUser{entry->pw_uid, entry->pw_gid, {entry->pw_gid}};
    break;
  }
  if (!user) return std::nullopt;
  each_group([&](const ::group& group) {
    if (group.gr_gid != user->group && has_member(group, name))
      user->groups.push_back(group.gr_gid);
    return false;
  });
  return user;
}

std::optional<gid_t> local_group(const std::string& name) {
  std::optional<gid_t> found;
  each_group([&](const ::group& group) {
    if (name == group.gr_name) found = group.gr_gid;
    return found.has_value();
  });
  return found;
}

}  // namespace sallyport::io
