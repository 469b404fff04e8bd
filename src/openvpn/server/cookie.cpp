#include "openvpn/server/cookie.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/endian.h"
#include "crypto/constant_time.h"

namespace sallyport::openvpn {
namespace {

constexpr std::uint64_t kSlotsBack = 2;

std::array<std::uint8_t, 8> bytes_of(SessionId id) {
  std::array<std::uint8_t, 8> bytes{};
  base::store_big(bytes, 0, id.value());
  return bytes;
}

}  // namespace

CookieJar::CookieJar(base::Bytes key, base::Duration hand_window)
    : mac_(crypto::Digest::sha256(), key),
      slot_length_(std::max(hand_window / 2, base::Duration(std::chrono::seconds(1)))) {
  CHECK(key.size() == kKeySize);
}

std::uint64_t CookieJar::slot_at(base::Instant now) const {
  return static_cast<std::uint64_t>(now.time_since_epoch() / slot_length_);
}

SessionId CookieJar::of_slot(std::uint64_t slot, const Path& path, SessionId client) {
  std::array<std::uint8_t, 8 + 4 + 16 + 2 + 8> input{};
  base::store_big(input, 0, slot);
  base::store_u32(input, 8, path.socket);
  base::copy_bytes(path.address.bytes(), std::span(input).subspan(12, 16));
  base::store_u16(input, 28, path.port);
  base::store_big(input, 30, client.value());
  std::array<std::uint8_t, 32> tag{};
  mac_.compute({input}, tag);
  const auto value = base::load_big<std::uint64_t>(tag, 0);
  return SessionId(value == 0 ? 1 : value);  // zero is no session id
}

SessionId CookieJar::make(base::Instant now, const Path& path, SessionId client) {
  return of_slot(slot_at(now), path, client);
}

bool CookieJar::is_good(base::Instant now, const Path& path, SessionId client, SessionId cookie) {
  const std::uint64_t present = slot_at(now);
  bool good = false;
  for (std::uint64_t back = 0; back <= std::min(kSlotsBack, present); ++back) {
    const SessionId ours = of_slot(present - back, path, client);
    good |= crypto::constant_time_equal(bytes_of(ours), bytes_of(cookie));
  }
  return good;
}

}  // namespace sallyport::openvpn
