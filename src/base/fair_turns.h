// Whose turn it is, of all that have something to send through one narrow place. Everybody gets the
// same number of bytes, however large the pieces are that they come in; and who comes with a little
// goes before those who wait all the time (deficit round robin with a list for newcomers: RFC 8290,
// section 4.2).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "base/check.h"

namespace sallyport::base {

template <class Key>
class FairTurns {
 public:
  // `quantum`: bytes that each may take before the next one's turn.
  explicit FairTurns(std::size_t quantum) : quantum_(static_cast<std::int64_t>(quantum)) {}

  bool empty() const { return newcomers_.empty() && waiting_.empty(); }
  std::size_t size() const { return newcomers_.size() + waiting_.size(); }
  bool holds(const Key& key) const { return in(newcomers_, key) || in(waiting_, key); }

  // It has something to send. Nothing if it is in line already.
  void add(const Key& key) {
    if (!holds(key)) newcomers_.push_back({key, quantum_});
  }
  void remove(const Key& key) {
    const auto is_it = [&key](const Entry& entry) { return entry.key == key; };
    std::erase_if(newcomers_, is_it);
    std::erase_if(waiting_, is_it);
  }

  // Whose turn it is. It keeps its place until took() says what came of it. Not while empty.
  const Key& next() {
    for (;;) {
      CHECK(!empty());
      std::deque<Entry>& line = newcomers_.empty() ? waiting_ : newcomers_;
      if (line.front().credit > 0) return line.front().key;
      waiting_.push_back({line.front().key, line.front().credit + quantum_});
      line.pop_front();
    }
  }

  // `key` took `bytes` in its turn, and has more to send or not. Who has nothing more leaves the
  // line; a newcomer only after one turn among the others, or by coming again and again it would
  // always be the first. A turn without use costs, too.
  void took(const Key& key, std::size_t bytes, bool more) {
    const bool newcomer = in(newcomers_, key);
    std::deque<Entry>& line = newcomer ? newcomers_ : waiting_;
    const auto at = std::ranges::find(line, key, &Entry::key);
    if (at == line.end()) return;
    at->credit -= std::max(static_cast<std::int64_t>(bytes), quantum_ / 16);
    if (more) return;
    if (newcomer && !waiting_.empty()) waiting_.push_back(*at);
    line.erase(at);
  }

 private:
  struct Entry {
    Key key;
    std::int64_t credit = 0;
  };

  static bool in(const std::deque<Entry>& line, const Key& key) {
    return std::ranges::find(line, key, &Entry::key) != line.end();
  }

  std::int64_t quantum_;
  std::deque<Entry> newcomers_, waiting_;
};

}  // namespace sallyport::base
