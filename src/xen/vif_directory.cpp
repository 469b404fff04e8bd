#include "xen/vif_directory.h"

namespace sallyport::xen {
namespace {

// Queues that a guest with several processors may have.
constexpr std::uint32_t kMaxQueues = 4;

std::string numbers_of(netback::VifId vif) {
  return std::to_string(vif.domain.value()) + "/" + std::to_string(vif.device.value());
}

netback::KeyValues read_all(Xenstore& store, const std::string& directory,
                            const std::vector<std::string>& keys) {
  netback::KeyValues values;
  for (const std::string& key : keys) {
    if (auto value = store.read(directory + "/" + key)) values.set(key, std::move(*value));
  }
  return values;
}

}  // namespace

std::string name_of(netback::VifId vif) {
  return "vif " + numbers_of(vif);
}

std::expected<VifDirectory, std::string> VifDirectory::open(Xenstore& store, netback::VifId vif) {
  std::string path = std::string(kVifRoot) + "/" + numbers_of(vif);
  auto details = netback::parse_backend(read_all(store, path, netback::backend_keys()), vif);
  if (!details) return std::unexpected(details.error().to_string());
  return VifDirectory(store, vif, std::move(path), std::move(*details));
}

netback::VifSeen VifDirectory::look() const {
  netback::VifSeen seen;
  const auto state = store_->read(path_ + "/state");
  seen.exists = state.has_value();
  seen.backend = netback::parse_xenbus_state(state);
  seen.online = store_->read(path_ + "/online") == "1";
  seen.frontend = netback::parse_xenbus_state(store_->read(frontend_state_path()));
  return seen;
}

std::expected<netback::FrontendDetails, netback::KeyError> VifDirectory::read_frontend() const {
  const std::string& frontend = details_.frontend;
  const auto written = store_->read(frontend + "/" + std::string(netback::kQueueCountKey));
  const auto count = netback::parse_queue_count(written, kMaxQueues);
  if (!count) return std::unexpected(count.error());
  return netback::parse_frontend(read_all(*store_, frontend, netback::frontend_keys(*count)),
                                 *count);
}

std::expected<void, Xenstore::WriteError> VifDirectory::offer_features() {
  for (const netback::KeyValue& feature : netback::offered_features(kMaxQueues)) {
    if (auto written = write(feature.key, feature.value); !written) return written;
  }
  return {};
}

std::expected<void, Xenstore::WriteError> VifDirectory::write_state(netback::XenbusState state) {
  return write("state", std::string(netback::to_text(state)));
}

std::expected<void, Xenstore::WriteError> VifDirectory::write(const std::string& key,
                                                              const std::string& value) {
  return store_->write(path_ + "/" + key, value);
}

Xenstore::Removal VifDirectory::remove() {
  return store_->remove_while(path_, path_ + "/online", "0");
}

std::expected<void, std::string> VifDirectory::read_again() {
  auto read = open(*store_, vif_);
  if (!read) return std::unexpected(read.error());
  details_ = std::move(read->details_);
  return {};
}

}  // namespace sallyport::xen
