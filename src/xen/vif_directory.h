// One vif in xenstore: the nodes of both its ends, read into netback's values and written from
// them.
#pragma once

#include <expected>
#include <string>

#include "netback/backend_directory.h"
#include "netback/frontend_details.h"
#include "netback/vif_lifecycle.h"
#include "xen/xenstore.h"

namespace sallyport::xen {

// Where dom0 announces vifs, below our own domain's directory.
inline constexpr const char* kVifRoot = "backend/vif";

class VifDirectory {
 public:
  // What dom0 wrote about the vif, or why it can't be used. `store` outlives the directory.
  static std::expected<VifDirectory, std::string> open(Xenstore& store, netback::VifId vif);

  const netback::BackendDetails& details() const { return details_; }
  std::string frontend_state_path() const { return details_.frontend + "/state"; }

  netback::VifSeen look() const;
  std::expected<netback::FrontendDetails, netback::KeyError> read_frontend() const;

  std::expected<void, Xenstore::WriteError> offer_features();
  std::expected<void, Xenstore::WriteError> write_state(netback::XenbusState state);
  // Kept when dom0 has made it anew since it was last looked at.
  Xenstore::Removal remove();

  // Where dom0 has made it anew: it may say something else now.
  std::expected<void, std::string> read_again();

 private:
  VifDirectory(Xenstore& store, netback::VifId vif, std::string path,
               netback::BackendDetails details)
      : store_(&store), vif_(vif), path_(std::move(path)), details_(std::move(details)) {}
  std::expected<void, Xenstore::WriteError> write(const std::string& key, const std::string& value);

  Xenstore* store_;
  netback::VifId vif_;
  std::string path_;
  netback::BackendDetails details_;
};

// "vif 7/0"
std::string name_of(netback::VifId vif);

}  // namespace sallyport::xen
