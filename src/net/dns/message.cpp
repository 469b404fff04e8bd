#include "net/dns/message.h"

#include <algorithm>
#include <optional>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace sallyport::net {
namespace {

constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kTypeAlias = 5;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kOpcodeMask = 0x7800;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kCodeMask = 0x000f;
constexpr std::uint16_t kNoError = 0;
constexpr std::uint16_t kNoSuchName = 3;
constexpr std::size_t kMaxName = 253;
// Of one answer; what a datagram can hold is about fifty.
constexpr std::size_t kMaxRecords = 256;
// A pointer leads backwards, so there is an end; this one comes sooner.
constexpr unsigned kMaxPointers = 16;
constexpr std::size_t kMaxAliases = 8;

// RFC 1035 4.1.4: labels, or a pointer to more of them further up. Lower case. Leaves `reader`
// behind the name as it stands there.
std::optional<std::string> read_name(base::Bytes message, base::ByteReader& reader) {
  std::string name;
  base::ByteReader at = reader;
  bool jumped = false;
  std::size_t limit = message.size();
  for (unsigned pointers = 0; pointers <= kMaxPointers;) {
    const std::size_t position = message.size() - at.remaining();
    const auto length = at.u8();
    if (!length) return std::nullopt;
    if (*length == 0) {
      if (!jumped) reader = at;
      return name;
    }
    if ((*length & 0xc0) == 0xc0) {
      const auto low = at.u8();
      if (!low) return std::nullopt;
      const std::size_t target = (*length & 0x3fU) << 8 | *low;
      if (!jumped) reader = at;
      if (target >= std::min(position, limit)) return std::nullopt;
      limit = target;
      jumped = true;
      ++pointers;
      at = base::ByteReader(message.subspan(target));
      continue;
    }
    const auto label = *length < 0x40 ? at.take(*length) : std::nullopt;
    if (!label || name.size() + 1 + label->size() > kMaxName) return std::nullopt;
    if (!name.empty()) name += '.';
    for (const std::uint8_t byte : *label) {
      // A dot inside a label would read like another name.
      if (byte == '.' || byte == 0) return std::nullopt;
      name += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
    }
  }
  return std::nullopt;
}

struct Record {
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t klass = 0;
  std::uint32_t seconds = 0;
  base::Bytes data;
  std::string alias;  // of a CNAME
};

std::optional<Record> read_record(base::Bytes message, base::ByteReader& reader) {
  Record record;
  auto name = read_name(message, reader);
  const auto type = reader.u16();
  const auto klass = reader.u16();
  const auto seconds = reader.u32();
  const auto length = reader.u16();
  if (!name || !type || !klass || !seconds || !length) return std::nullopt;
  base::ByteReader inside = reader;
  const auto data = reader.take(*length);
  if (!data) return std::nullopt;
  record = {std::move(*name), *type, *klass, *seconds, *data, {}};
  // RFC 2181 8: with the top bit set it means zero.
  if (record.seconds > 0x7fffffff) record.seconds = 0;
  if (record.klass == kClassInternet && record.type == kTypeAlias) {
    auto alias = read_name(message, inside);
    if (!alias) return std::nullopt;
    record.alias = std::move(*alias);
  }
  return record;
}

// The address in a record, if it has one of the wanted kind.
std::optional<IpAddress> address_in(const Record& record, DnsType wanted) {
  if (record.klass != kClassInternet || record.type != static_cast<std::uint16_t>(wanted))
    return {};
  if (wanted == DnsType::kA) {
    return record.data.size() == 4 ? std::optional(load_ipv4(record.data, 0)) : std::nullopt;
  }
  if (record.data.size() != 16) return {};
  // An IPv4 address in IPv6 clothes would be judged as IPv4.
  const IpAddress address = load_ipv6(record.data, 0);
  return address.is_v4() ? std::nullopt : std::optional(address);
}

// From the question's name along its aliases to the addresses.
DnsAnswer follow(const std::vector<Record>& records, const DnsQuestion& question) {
  DnsAnswer answer;
  std::string name = question.name;
  std::uint32_t seconds = 0x7fffffff;
  for (std::size_t step = 0; step <= kMaxAliases; ++step) {
    const Record* alias = nullptr;
    for (const Record& record : records) {
      if (record.name != name) continue;
      const auto address = address_in(record, question.type);
      if (address && answer.addresses.size() < kMaxDnsAddresses) {
        answer.addresses.push_back(*address);
        seconds = std::min(seconds, record.seconds);
      } else if (!record.alias.empty()) {
        alias = &record;
      }
    }
    if (!answer.addresses.empty() || alias == nullptr) break;
    seconds = std::min(seconds, alias->seconds);
    name = alias->alias;
  }
  if (!answer.addresses.empty()) answer.time_to_live = std::chrono::seconds(seconds);
  return answer;
}

}  // namespace

std::vector<std::uint8_t> write_dns_query(std::uint16_t id, const DnsQuestion& question) {
  base::ByteWriter out(18 + question.name.size());
  out.u16(id);
  out.u16(kRecursionDesired);
  out.u16(1);  // questions
  for (int section = 0; section < 3; ++section) out.u16(0);
  for (std::string_view rest = question.name;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    out.u8(static_cast<std::uint8_t>(label.size()));
    out.bytes(base::bytes_of(label));
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  out.u8(0);
  out.u16(static_cast<std::uint16_t>(question.type));
  out.u16(kClassInternet);
  return out.take();
}

std::expected<DnsAnswer, DnsError> parse_dns_answer(base::Bytes message, std::uint16_t id,
                                                    const DnsQuestion& question) {
  base::ByteReader reader(message);
  const auto answered = reader.u16();
  const auto flags = reader.u16();
  const auto questions = reader.u16();
  const auto count = reader.u16();
  if (!answered || !flags || !questions || !count || !reader.take(4))
    return std::unexpected(DnsError::kMalformed);
  if (*answered != id || (*flags & kResponse) == 0 || (*flags & kOpcodeMask) != 0 ||
      *questions != 1) {
    return std::unexpected(DnsError::kNotOurs);
  }
  const auto name = read_name(message, reader);
  const auto type = reader.u16();
  const auto klass = reader.u16();
  if (!name || !type || !klass) return std::unexpected(DnsError::kMalformed);
  if (*name != question.name || *type != static_cast<std::uint16_t>(question.type) ||
      *klass != kClassInternet) {
    return std::unexpected(DnsError::kNotOurs);
  }
  const std::uint16_t code = *flags & kCodeMask;
  if (code != kNoError && code != kNoSuchName) return std::unexpected(DnsError::kRefused);
  std::vector<Record> records;
  for (std::size_t i = 0; i < *count && i < kMaxRecords; ++i) {
    auto record = read_record(message, reader);
    if (!record) return std::unexpected(DnsError::kMalformed);
    records.push_back(std::move(*record));
  }
  return follow(records, question);
}

}  // namespace sallyport::net
