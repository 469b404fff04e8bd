// Numbers that mean different things get different types: a KeyId is no PeerId and neither is a
// length.
//   using PeerId = base::Strong<struct PeerIdTag, std::uint32_t>;
// No arithmetic and no implicit conversion; a type that counts adds its own next().
#pragma once

#include <compare>
#include <cstddef>
#include <functional>

namespace sallyport::base {

template <class Tag, class T>
class Strong {
 public:
  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(value) {}

  constexpr T value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

}  // namespace sallyport::base

template <class Tag, class T>
struct std::hash<sallyport::base::Strong<Tag, T>> {
  std::size_t operator()(const sallyport::base::Strong<Tag, T>& strong) const noexcept {
    return std::hash<T>{}(strong.value());
  }
};
