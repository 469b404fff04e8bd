// Part of a xenstore directory, as read: keys relative to it, values as they came. Every value is
// read once and judged from here.
#pragma once

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

// A key that keeps a vif from being used. `what` is for the log and holds nothing of the guest's.
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

}  // namespace sallyport::netback
