// Ports (and ICMP identifiers) on the tunnel's address, for whoever asks for one that nobody can
// guess.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include "base/rng.h"

namespace sallyport::net {

// How 1024 to 65535 are divided. Each client has some for itself alone, taken only when random
// draws from all that is shared keep hitting used ones: a client that uses up the shared ports
// keeps nobody from working, and the port of a flow says nothing about the client as long as there
// are others.
struct PortSpace {
  static constexpr std::uint32_t kClients = 256;
  static constexpr std::uint32_t kReserve = 64;
  static constexpr std::uint32_t kFirst = 1024;
  static constexpr std::uint32_t kFirstShared = kFirst + kClients * kReserve;
  static constexpr std::uint32_t kShared = 65536 - kFirstShared;

  // Number `index` of client number `client`'s own.
  static std::uint16_t own(std::uint32_t client, std::uint32_t index) {
    return static_cast<std::uint16_t>(kFirst + client * kReserve + index % kReserve);
  }

  // A port for which is_free(port) is true: `wanted` if it is one, else at random (RFC 6056 3.3.1).
  // Few draws fail even with most shared ports in use; then the client's own are gone through.
  // Bounded: 80 calls.
  template <class IsFree>
  static std::optional<std::uint16_t> find(std::uint32_t client, base::Rng& rng,
                                           std::optional<std::uint16_t> wanted, IsFree is_free) {
    if (wanted && is_free(*wanted)) return wanted;
    for (int i = 0; i < kDraws; ++i) {
      const std::uint32_t drawn = kFirstShared + base::random_below(rng, kShared);
      const auto port = static_cast<std::uint16_t>(drawn);
      if (is_free(port)) return port;
    }
    const std::uint32_t first = base::random_below(rng, kReserve);
    for (std::uint32_t i = 0; i < kReserve; ++i) {
      const std::uint16_t port = own(client, first + i);
      if (is_free(port)) return port;
    }
    return std::nullopt;
  }

 private:
  static constexpr int kDraws = 16;
};

// Ports that each stand for one client's endpoint (UDP, ICMP).
class PortPool {
 public:
  // `wanted` if it is free, else one at random; empty when neither a draw nor the client's own
  // reserve has a free one.
  std::optional<std::uint16_t> take(std::uint32_t client, base::Rng& rng,
                                    std::optional<std::uint16_t> wanted = std::nullopt);
  // `port` was taken.
  void give_back(std::uint16_t port);
  void clear() { *this = {}; }

  bool is_used(std::uint16_t port) const { return used_[port]; }
  std::size_t used() const { return count_; }

 private:
  std::bitset<65536> used_;
  std::size_t count_ = 0;
};

}  // namespace sallyport::net
