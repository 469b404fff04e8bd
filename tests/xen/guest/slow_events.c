/* Preloaded into the gateway's program: taking an event costs it some milliseconds, in which guests run. The emulated machine has one
 * processor, so without this no guest could ever send events faster than they are taken, as one with a processor of its own can. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <xenevtchn.h>

int xenevtchn_unmask(xenevtchn_handle* handle, evtchn_port_t port) {
  static int (*real)(xenevtchn_handle*, evtchn_port_t);
  if (real == NULL) real = (int (*)(xenevtchn_handle*, evtchn_port_t))dlsym(RTLD_NEXT, "xenevtchn_unmask");
  const int done = real(handle, port);
  const struct timespec pause = {0, 3 * 1000 * 1000};
  nanosleep(&pause, NULL);
  return done;
}
