#include "xen/xenstore.h"

extern "C" {
#include <xenstore.h>
}

#include <cerrno>
#include <cstdlib>

#include "base/parse_number.h"

namespace sallyport::xen {
namespace {

// What libxenstore returns is one block from malloc.
struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// Of a transaction that others' writes undo.
constexpr std::size_t kTries = 100;

}  // namespace

void Xenstore::Close::operator()(xs_handle* handle) const {
  xs_close(handle);
}

Result<Xenstore> Xenstore::open() {
  xs_handle* const handle = xs_open(0);
  if (handle == nullptr) return system_error("cannot reach xenstore; is this a Xen domain?");
  return Xenstore(handle);
}

std::optional<std::string> Xenstore::read(const std::string& path) {
  unsigned size = 0;
  const Owned<void> value(xs_read(handle_.get(), XBT_NULL, path.c_str(), &size));
  if (!value) return std::nullopt;
  return std::string(static_cast<const char*>(value.get()), size);
}

Result<netback::DomainId> Xenstore::own_domain() {
  const auto text = read("domid");
  const auto number = text ? base::parse_number<std::uint16_t>(*text) : std::nullopt;
  if (!number) return error("xenstore does not say which domain this is");
  return netback::DomainId(*number);
}

std::vector<std::string> Xenstore::list(const std::string& path) {
  unsigned count = 0;
  const Owned<char*> names(xs_directory(handle_.get(), XBT_NULL, path.c_str(), &count));
  std::vector<std::string> result;
  for (unsigned i = 0; names && i < count; ++i) result.emplace_back(names.get()[i]);
  return result;
}

std::expected<void, Xenstore::WriteError> Xenstore::write(const std::string& path,
                                                          const std::string& value) {
  if (xs_write(handle_.get(), XBT_NULL, path.c_str(), value.data(),
               static_cast<unsigned>(value.size()))) {
    return {};
  }
  switch (errno) {
    case ENOSPC:
    case EDQUOT:
      return std::unexpected(WriteError::kFull);
    case ENOENT:
    case EACCES:
      return std::unexpected(WriteError::kGone);
    default:
      return std::unexpected(WriteError::kOther);
  }
}

Xenstore::Removal Xenstore::remove_while(const std::string& path, const std::string& guard,
                                         std::string_view value) {
  for (std::size_t tries = 0; tries < kTries; ++tries) {
    const xs_transaction_t transaction = xs_transaction_start(handle_.get());
    if (transaction == XBT_NULL) return Removal::kFailed;
    unsigned size = 0;
    const Owned<void> read(xs_read(handle_.get(), transaction, guard.c_str(), &size));
    const bool gone = !read && errno == ENOENT;
    const bool holds = read && std::string_view(static_cast<char*>(read.get()), size) == value;
    const bool removed = holds && xs_rm(handle_.get(), transaction, path.c_str());
    const bool ended = xs_transaction_end(handle_.get(), transaction, !removed);
    if (gone) return Removal::kRemoved;
    if (!holds) return Removal::kKept;
    if (removed && ended) return Removal::kRemoved;
    // Somebody else wrote there meanwhile: once more.
    if (!removed || errno != EAGAIN) break;
  }
  return Removal::kFailed;
}

bool Xenstore::watch(const std::string& path, const std::string& token) {
  return xs_watch(handle_.get(), path.c_str(), token.c_str());
}

void Xenstore::unwatch(const std::string& path, const std::string& token) {
  xs_unwatch(handle_.get(), path.c_str(), token.c_str());
}

int Xenstore::fd() const {
  return xs_fileno(handle_.get());
}

std::optional<Xenstore::Changed> Xenstore::next_change() {
  const Owned<char*> fields(xs_check_watch(handle_.get()));
  if (!fields) return std::nullopt;
  return Changed{fields.get()[XS_WATCH_PATH], fields.get()[XS_WATCH_TOKEN]};
}

}  // namespace sallyport::xen
