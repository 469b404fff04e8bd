#include "netback/key_values.h"

#include "base/check.h"
#include "base/parse_number.h"

namespace sallyport::netback {
namespace {

std::string_view describe(KeyError::Reason reason) {
  switch (reason) {
    case KeyError::Reason::kMissing:
      return "missing";
    case KeyError::Reason::kMalformed:
      return "malformed";
    case KeyError::Reason::kOutOfRange:
      return "out of range";
    case KeyError::Reason::kNotSupported:
      return "not supported";
    case KeyError::Reason::kRepeated:
      return "named twice";
  }
  CHECK(false);
}

}  // namespace

std::string KeyError::to_string() const {
  return key + ": " + std::string(describe(reason));
}

std::optional<std::uint32_t> parse_decimal(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return base::parse_number<std::uint32_t>(text);
}

std::expected<std::uint32_t, KeyError> read_number(const KeyValues& values, std::string_view key,
                                                   std::uint32_t minimum, std::uint32_t maximum) {
  const auto error = [key](KeyError::Reason reason) {
    return std::unexpected(KeyError{std::string(key), reason});
  };
  const auto text = values.find(key);
  if (!text) return error(KeyError::Reason::kMissing);
  const auto number = parse_decimal(*text);
  if (!number) return error(KeyError::Reason::kMalformed);
  if (*number < minimum || *number > maximum) return error(KeyError::Reason::kOutOfRange);
  return *number;
}

std::expected<bool, KeyError> read_flag(const KeyValues& values, std::string_view key) {
  const auto text = values.find(key);
  if (!text || *text == "0") return false;
  if (*text == "1") return true;
  return std::unexpected(KeyError{std::string(key), KeyError::Reason::kMalformed});
}

}  // namespace sallyport::netback
