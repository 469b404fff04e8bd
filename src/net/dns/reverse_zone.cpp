#include "net/dns/reverse_zone.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace sallyport::net {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxName = 255;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kRecursionAvailable = 0x0080;
constexpr std::uint16_t kNoSuchName = 3;
// Of all reverse names.
constexpr std::string_view kRoot = "arpa";

struct Query {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::vector<std::string> labels;  // lower case, the leftmost first
  base::Bytes question;             // as it stands there
};

std::string lower_case(base::Bytes label) {
  std::string text(base::text_of(label));
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

// A question's name stands there whole: it is the first, so there is nothing to point to.
std::optional<Query> parse_query(base::Bytes message) {
  base::ByteReader reader(message);
  Query query;
  const auto id = reader.u16();
  const auto flags = reader.u16();
  const auto questions = reader.u16();
  // Answers, authorities, and additions, of which EDNS is one.
  const auto counts = reader.take(6);
  if (!counts || (*flags & (kResponse | kOpcodeMask)) != 0 || *questions != 1) return std::nullopt;
  query.id = *id;
  query.flags = *flags;
  for (;;) {
    const auto length = reader.u8();
    if (!length || *length > kMaxLabel) return std::nullopt;
    if (*length == 0) break;
    const auto label = reader.take(*length);
    if (!label) return std::nullopt;
    query.labels.push_back(lower_case(*label));
  }
  const auto type_and_class = reader.take(4);
  if (!type_and_class) return std::nullopt;
  query.question = message.subspan(kHeader, message.size() - kHeader - reader.remaining());
  if (query.question.size() > kMaxName + 4) return std::nullopt;
  return query;
}

// "10", "137", "in-addr", "arpa" from the right.
std::vector<std::string> labels_of(const base::IpPrefix& range) {
  const bool v4 = range.address().is_v4();
  const base::Bytes wire = range.address().wire();
  std::vector<std::string> labels{std::string(kRoot), v4 ? "in-addr" : "ip6"};
  for (std::size_t bit = 0; bit < range.length(); bit += v4 ? 8 : 4) {
    const std::uint8_t byte = wire[bit / 8];
    constexpr std::string_view kDigits = "0123456789abcdef";
    labels.push_back(v4 ? std::to_string(byte)
                        : std::string(1, kDigits[bit % 8 == 0 ? byte >> 4 : byte & 15]));
  }
  return labels;
}

bool is_below(const std::vector<std::string>& labels, const std::vector<std::string>& zone) {
  return labels.size() >= zone.size() && std::equal(zone.begin(), zone.end(), labels.rbegin());
}

}  // namespace

std::optional<std::vector<std::uint8_t>> answer_for_reverse_zones(
    base::Bytes query, std::span<const base::IpPrefix> ranges) {
  const auto asked = parse_query(query);
  if (!asked || asked->labels.empty() || asked->labels.back() != kRoot) return std::nullopt;
  if (std::ranges::none_of(ranges, [&](const base::IpPrefix& range) {
        return is_below(asked->labels, labels_of(range));
      })) {
    return std::nullopt;
  }
  base::ByteWriter writer;
  writer.u16(asked->id);
  writer.u16(static_cast<std::uint16_t>(kResponse | (asked->flags & kRecursionDesired) |
                                        kRecursionAvailable | kNoSuchName));
  writer.u16(1);
  for (int i = 0; i < 3; ++i) writer.u16(0);
  writer.bytes(asked->question);
  return writer.take();
}

}  // namespace sallyport::net
