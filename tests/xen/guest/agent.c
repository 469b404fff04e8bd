/* Runs what dom0 writes to data/run/ID: a shell script. Its output comes back as data/done/ID/0, 1, ..., then its exit code and
 * the number of those pieces as data/done/ID/code. A program, since every process costs dearly under emulation. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

enum { kPiece = 2000, kMostOutput = 24000 }; /* a guest's node holds at most 2,048 bytes */

static struct xs_handle* open_store(void) {
  struct xs_handle* store = xs_open(0);
  if (store == NULL) {
    perror("agent: xenstore");
    exit(1);
  }
  return store;
}

static void write_node(struct xs_handle* store, const char* id, const char* name, const char* value, size_t size) {
  char path[64];
  snprintf(path, sizeof path, "data/done/%s/%s", id, name);
  if (!xs_write(store, XBT_NULL, path, value, (unsigned)size)) perror(path);
}

static int run_shell(const char* script, int output) {
  const pid_t child = fork();
  if (child == 0) {
    freopen("/dev/null", "r", stdin);
    dup2(output, 1);
    dup2(output, 2);
    execl("/bin/sh", "sh", "-c", script, (char*)NULL);
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The end of the output is what counts when it is too long. */
static int send_output(struct xs_handle* store, const char* id, int output) {
  char piece[kPiece], name[16];
  off_t at = lseek(output, 0, SEEK_END) - kMostOutput;
  int pieces = 0;
  ssize_t size;
  for (at = at < 0 ? 0 : at; (size = pread(output, piece, sizeof piece, at)) > 0; at += size) {
    snprintf(name, sizeof name, "%d", pieces++);
    write_node(store, id, name, piece, (size_t)size);
  }
  return pieces;
}

/* In a process of its own. The watch also fires when dom0 clears the command away. */
static void serve(const char* id) {
  struct xs_handle* store = open_store();
  char path[64], code[32];
  snprintf(path, sizeof path, "data/run/%s", id);
  unsigned size;
  char* script = xs_read(store, XBT_NULL, path, &size);
  if (script == NULL) exit(0);
  const int output = memfd_create("output", MFD_CLOEXEC);
  const int result = run_shell(script, output);
  const int pieces = send_output(store, id, output);
  write_node(store, id, "code", code, (size_t)snprintf(code, sizeof code, "%d %d", result, pieces));
  exit(0);
}

int main(void) {
  struct xs_handle* store = open_store();
  unsigned count;
  xs_watch(store, "data/run", "run");
  free(xs_read_watch(store, &count)); /* comes at once: from then on no command is missed */
  xs_write(store, XBT_NULL, "data/ready", "1", 1);
  for (;;) {
    char** event = xs_read_watch(store, &count);
    if (event == NULL) return 1;
    const char* id = strrchr(event[XS_WATCH_PATH], '/') + 1;
    if (strcmp(id, "run") != 0 && fork() == 0) serve(id);
    free(event);
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
  }
}
