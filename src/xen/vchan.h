// One end of a vchan: a stream of bytes to another domain, by memory that one of the two shares.
// Never blocks. The gateway listens; the AppVM connects.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "netback/xen_ids.h"
#include "xen/error.h"

struct libxenvchan;

namespace sallyport::xen {

class Vchan {
 public:
  // Announces itself below `path` of our own directory, for `peer` alone. Each takes 97 pages of
  // what the kernel lets this domain share (xen-gntalloc's `limit`, 1024). Who waits to be read
  // loses nothing, so what the peer writes has the smaller ring; a whole packet fits into either.
  static constexpr std::size_t kReadRing = 128 * 1024;
  static constexpr std::size_t kWriteRing = 256 * 1024;
  static Result<Vchan> listen(netback::DomainId peer, const std::string& path);
  static Result<Vchan> connect(netback::DomainId peer, const std::string& path);

  // Readable when the peer did something; take_event() before looking what.
  int fd() const;
  void take_event();

  // For a listener whose peer has gone, or shall: what was written is forgotten, and the same pages
  // wait for it to come again. New ones would be a gift to a peer that keeps the old ones mapped,
  // since those count until it lets go. hang_up() first where the peer is still there; it sees that
  // its listener is gone.
  void hang_up();
  void listen_again();

  // False: the peer has gone. For a listener, true also before the peer came.
  bool is_open() const;
  // The peer has come, or is us who connected.
  bool is_connected() const;

  // What is there, at most space.size() bytes. With 0 the peer will notify us of the next.
  std::size_t read(base::MutableBytes space);
  // What can be written now; the peer notifies us when it has read.
  std::size_t room() const;
  // At most room() bytes.
  void write(base::Bytes bytes);

 private:
  struct Close {
    void operator()(libxenvchan* vchan) const;
  };
  explicit Vchan(libxenvchan* vchan);

  std::unique_ptr<libxenvchan, Close> vchan_;
};

// Where the gateway listens for `client`, below its own directory in xenstore.
std::string vchan_path(netback::DomainId client);

}  // namespace sallyport::xen
