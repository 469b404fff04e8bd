// Part of a xenstore directory, as read: keys relative to it, values as they came. Every value is
// read once and judged from here.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::netback {

class KeyValues {
 public:
  void set(std::string key, std::string value) {
    values_.insert_or_assign(std::move(key), std::move(value));
  }
  // Nothing for a key that was not there, or could not be read.
  std::optional<std::string_view> find(std::string_view key) const {
    const auto at = values_.find(key);
    if (at == values_.end()) return std::nullopt;
    return at->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

// A key that keeps a vif from being used. It names the key and not its value: that is the guest's,
// and this goes to a log.
struct KeyError {
  enum class Reason : unsigned char {
    kMissing,       // and there is no default
    kMalformed,     // not of the key's grammar
    kOutOfRange,    // a number beyond what was offered or can be
    kNotSupported,  // asks for what was not offered
    kRepeated,      // names what another key names: two rings in one page, two ends of one channel
  };
  std::string key;
  Reason reason{};

  // "request-rx-copy: not supported"
  std::string to_string() const;
  friend bool operator==(const KeyError&, const KeyError&) = default;
};

// A decimal number without sign, blanks or leading zeros; nothing for any other text.
std::optional<std::uint32_t> parse_decimal(std::string_view text);

// A number that must be there.
std::expected<std::uint32_t, KeyError> read_number(const KeyValues& values, std::string_view key,
                                                   std::uint32_t minimum, std::uint32_t maximum);
// "0" or "1"; absent is 0.
std::expected<bool, KeyError> read_flag(const KeyValues& values, std::string_view key);

}  // namespace sallyport::netback
