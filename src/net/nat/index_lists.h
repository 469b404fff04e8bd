// A fixed number of doubly linked lists over the numbers of a ChunkedPool. Each number is in one
// list or none, and leaves it in constant time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport::net {

class IndexLists {
 public:
  explicit IndexLists(std::uint32_t lists);

  // `id` is in no list, and below 2^31.
  void push_back(std::uint32_t list, std::uint32_t id);
  // `id` is in a list.
  void remove(std::uint32_t id);
  // No number from `limit` on is in a list: gives back the memory for them, when it is much.
  void shrink(std::uint32_t limit);
  void clear();

  std::optional<std::uint32_t> front(std::uint32_t list) const;
  std::optional<std::uint32_t> list_of(std::uint32_t id) const;
  std::uint32_t size(std::uint32_t list) const { return heads_[list].size; }

 private:
  static constexpr std::uint32_t kNoList = 0xffff'ffff;
  // Each list is a ring through its head, whose number in the ring has this bit.
  static constexpr std::uint32_t kHead = 0x8000'0000;

  struct Link {
    std::uint32_t previous = 0;
    std::uint32_t next = 0;
    std::uint32_t list = kNoList;
  };
  struct Head {
    Link ring;
    std::uint32_t size = 0;
  };

  Link& link(std::uint32_t number) {
    return (number & kHead) != 0 ? heads_[number & ~kHead].ring : links_[number];
  }

  std::vector<Head> heads_;
  std::vector<Link> links_;
};

}  // namespace sallyport::net
