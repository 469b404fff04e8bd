// All clients' links: made from `--downstream`, attached to the router, and served in turn. The
// router's batch for the inside is handed out here.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fair_turns.h"
#include "daemon/inside_link.h"
#include "gateway/gateway.h"
#include "io/event_loop.h"

namespace sallyport::daemon {

class NetbackDownstream;
class TapLink;
class VchanLink;
struct TapSpec;
struct VchanSpec;

class InsideLinks {
 public:
  // What the links tell the loop.
  struct Events {
    // Frames were handed to the router: whatever came of them is to be moved on.
    std::function<void(base::Now)> batch_done;
    std::function<void(const std::string&)> log;
  };

  // All outlive the links.
  InsideLinks(io::EventLoop& loop, gateway::Gateway& gateway, Events events);
  ~InsideLinks();

  // Makes what a `--downstream SPEC` asks for.
  std::expected<void, std::string> add(const std::string& spec);

  // Hands out and clears the router's batch for the inside.
  void deliver();

  RingsByClient rings() const;

  // Frames wait in the links between the two: clients then slow down, and nothing is lost. Whoever
  // has frames then gets a fair turn, wherever its link stands.
  void pause() { paused_ = true; }
  void resume();
  bool paused() const { return paused_; }

  // For the kinds of links: there is something to read. It is read now, or when its turn comes.
  void ready(InsideSource& source);

  // For the kinds of links: a client that comes, and goes. Empty when there are too many.
  std::optional<net::ClientId> attach(gateway::ClientSetup setup, InsideLink& link);
  void detach(net::ClientId client);

 private:
  std::expected<void, std::string> add_tap(TapSpec spec);
  std::expected<void, std::string> add_vchan(VchanSpec spec);
  std::expected<void, std::string> add_netback();
  // Datagrams are merged before it is known whose they are: only where every link gains by it.
  void choose_merging();
  // Its client goes with it; it is said once.
  void lose(const InsideSource& source);
  void serve();
  void serve_next();

  io::EventLoop& loop_;
  gateway::Gateway& gateway_;
  Events events_;
  bool paused_ = false;
  base::FairTurns<InsideSource*> turns_;
  io::Timer again_;
  // By client id; null where there is none.
  std::vector<InsideLink*> by_client_;
  std::vector<std::unique_ptr<TapLink>> taps_;
  std::vector<std::unique_ptr<VchanLink>> vchans_;
  std::unique_ptr<NetbackDownstream> netback_;
};

}  // namespace sallyport::daemon
