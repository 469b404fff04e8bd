#include "qubes/message.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "qubes/path.h"

namespace sallyport::qubes {
namespace {

constexpr std::size_t kPathAt = 1;
constexpr std::size_t kPathSize = kMaxPath + 1;
constexpr std::size_t kLengthAt = 68;

bool may_have_data(MessageType type) {
  return type == MessageType::kCmdWrite || type == MessageType::kRespRead ||
         type == MessageType::kRespMultiRead;
}

// Whether the message is about one entry or tree, and means nothing without its name.
bool needs_path(MessageType type) {
  switch (type) {
    case MessageType::kCmdRead:
    case MessageType::kCmdWrite:
    case MessageType::kCmdRm:
    case MessageType::kCmdWatch:
    case MessageType::kCmdUnwatch:
    case MessageType::kRespRead:
    case MessageType::kRespWatch:
      return true;
    case MessageType::kCmdMultiRead:
    case MessageType::kCmdList:
    case MessageType::kRespOk:
    case MessageType::kRespErrorNoEnt:
    case MessageType::kRespError:
    case MessageType::kRespMultiRead:
    case MessageType::kRespList:
      return false;
  }
  CHECK(false);
}

// Whether the path is of an entry, which a tree is not.
bool is_about_entry(MessageType type) {
  return type == MessageType::kCmdRead || type == MessageType::kCmdWrite ||
         type == MessageType::kRespRead || type == MessageType::kRespMultiRead ||
         type == MessageType::kRespList;
}

}  // namespace

void append_message(const Message& message, std::vector<std::uint8_t>& to) {
  CHECK(message.path.size() <= kMaxPath && message.data.size() <= kMaxData);
  const std::size_t start = to.size();
  to.resize(start + kHeaderSize);
  const base::MutableBytes header = base::MutableBytes(to).subspan(start);
  header[0] = std::to_underlying(message.type);
  base::copy_bytes(base::bytes_of(message.path), header.subspan(kPathAt));
  for (std::size_t i = 0; i < 4; ++i)
    header[kLengthAt + i] = static_cast<std::uint8_t>(message.data.size() >> (8 * i));
  const base::Bytes data = base::bytes_of(message.data);
  to.insert(to.end(), data.begin(), data.end());
}

std::expected<MessageReader::Header, Fault> MessageReader::parse(base::Bytes bytes) {
  Header header;
  if (bytes[0] > std::to_underlying(MessageType::kRespWatch))
    return std::unexpected(Fault::kUnknownType);
  header.type = static_cast<MessageType>(bytes[0]);
  const std::string_view field = base::text_of(bytes.subspan(kPathAt, kPathSize));
  const std::size_t end = field.find('\0');
  if (end == std::string_view::npos) return std::unexpected(Fault::kBadPath);
  header.path = field.substr(0, end);
  if (header.path.empty() ? needs_path(header.type) : !is_path(header.path))
    return std::unexpected(Fault::kBadPath);
  if (is_tree(header.path) && is_about_entry(header.type)) return std::unexpected(Fault::kBadPath);
  for (std::size_t i = 4; i-- > 0;)
    header.data_length = header.data_length << 8 | bytes[kLengthAt + i];
  if (header.data_length > kMaxData) return std::unexpected(Fault::kTooLong);
  if (header.data_length != 0 && !may_have_data(header.type))
    return std::unexpected(Fault::kBadData);
  return header;
}

bool MessageReader::hold(std::size_t size, base::Bytes& input) {
  const std::size_t count = std::min(size - held_.size(), input.size());
  held_.insert(held_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(count));
  input = input.subspan(count);
  return held_.size() == size;
}

std::expected<std::optional<Message>, Fault> MessageReader::next(base::Bytes& input) {
  if (!header_) {
    if (!hold(kHeaderSize, input)) return std::nullopt;
    auto header = parse(held_);
    if (!header) return std::unexpected(header.error());
    header_ = std::move(*header);
    held_.clear();
  }
  if (!hold(header_->data_length, input)) return std::nullopt;
  if (std::ranges::find(held_, 0) != held_.end()) return std::unexpected(Fault::kBadData);
  Message message{header_->type, std::move(header_->path), std::string(base::text_of(held_))};
  header_.reset();
  held_.clear();
  return message;
}

}  // namespace sallyport::qubes
