// One row for every option that OpenVPN 2.4 to 2.7 knows, with what a client's profile gets for it
// here (docs/protocol.md, "Profiles"). Names are matched whole. A row that says "honoured" has a
// handler in option_handlers.h, which may still judge by the option's values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "openvpn/profile/ruling.h"

namespace sallyport::openvpn {

// How many values an option takes; OpenVPN 2.6.14 was asked (tests/data/options).
struct ArgumentCount {
  std::uint8_t minimum = 0;
  std::uint8_t maximum = 0;
};
// As many as fit on a line.
inline constexpr std::uint8_t kMany = 255;

// What else is to be known of an option.
enum OptionTraits : std::uint8_t {
  kNone = 0,
  kInConnection = 1,  // may stand inside <connection>
  kBlock = 2,         // may be written as <name> ... </name>
  kList = 4,          // every occurrence counts; of the others only the last one
};

struct OptionRow {
  std::string_view name;
  Verdict verdict;
  std::string_view reason;  // a clause fit for a user; empty when honoured
  ArgumentCount arguments;
  std::uint8_t traits = kNone;
  // The option that this is another name for; else the name itself.
  std::string_view setting;

  constexpr bool allowed_in_connection() const { return (traits & kInConnection) != 0; }
  constexpr bool takes_block() const { return (traits & kBlock) != 0; }
  constexpr bool is_list() const { return (traits & kList) != 0; }
  // A clause, when the option does not take so many values.
  std::optional<std::string> objection_to_count(std::size_t count) const;
};

// Null for a name that no version of OpenVPN knows.
const OptionRow* find_option(std::string_view name);

// The whole table, in three parts.
std::span<const OptionRow> honoured_options();
std::span<const OptionRow> ignored_options();
std::span<const OptionRow> refused_options();

}  // namespace sallyport::openvpn
