#include "net/nat/index_lists.h"

#include "base/check.h"

namespace sallyport::net {

IndexLists::IndexLists(std::uint32_t lists) : heads_(lists) {
  clear();
}

void IndexLists::push_back(std::uint32_t list, std::uint32_t id) {
  CHECK(id < kHead && !list_of(id));
  if (id >= links_.size()) links_.resize(id + std::size_t{1});
  const std::uint32_t head = list | kHead;
  const std::uint32_t last = link(head).previous;
  links_[id] = {.previous = last, .next = head, .list = list};
  link(last).next = id;
  link(head).previous = id;
  ++heads_[list].size;
}

void IndexLists::remove(std::uint32_t id) {
  CHECK(list_of(id).has_value());
  const Link gone = links_[id];
  link(gone.previous).next = gone.next;
  link(gone.next).previous = gone.previous;
  links_[id] = {};
  --heads_[gone.list].size;
}

void IndexLists::shrink(std::uint32_t limit) {
  if (links_.size() / 2 < limit) return;
  // shrink_to_fit() does nothing without exceptions.
  links_ = std::vector<Link>(links_.begin(), links_.begin() + limit);
}

void IndexLists::clear() {
  links_ = std::vector<Link>();
  for (std::uint32_t list = 0; list < heads_.size(); ++list) {
    heads_[list] = {.ring = {.previous = list | kHead, .next = list | kHead}};
  }
}

std::optional<std::uint32_t> IndexLists::front(std::uint32_t list) const {
  const std::uint32_t first = heads_[list].ring.next;
  return (first & kHead) != 0 ? std::nullopt : std::optional(first);
}

std::optional<std::uint32_t> IndexLists::list_of(std::uint32_t id) const {
  if (id >= links_.size() || links_[id].list == kNoList) return std::nullopt;
  return links_[id].list;
}

}  // namespace sallyport::net
