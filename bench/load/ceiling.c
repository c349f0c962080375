// No WebSocket server: the least that any can cost. It answers every request with the same 101, takes off the masks and
// sends the messages back, all of one read as one write: to their sender, or, started with `room`, to everybody. No
// rule is checked, and a message that does not lie in one read is an error.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"

enum { MOST = 1 << 16 };
static uint8_t in[1 << 20], out[1 << 20], is_open[MOST];
static int everybody[MOST], everybody_count;

static const char answer[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void write_all(int fd, const uint8_t *bytes, size_t length) {
  if (write(fd, bytes, length) == (ssize_t)length) return;
  fprintf(stderr, "ceiling: a client does not read\n");
  exit(1);
}

static size_t unmask(size_t length) {
  size_t from = 0, to = 0;
  while (from < length) {
    size_t payload = in[from + 1] & 0x7f, header = 2;
    if (payload == 126) payload = in[from + 2] << 8 | in[from + 3], header = 4;
    if (payload == 127 || from + header + 4 + payload > length) {
      fprintf(stderr, "ceiling: a message that does not lie in one read\n");
      exit(1);
    }
    memcpy(out + to, in + from, header);
    out[to + 1] &= 0x7f;
    const uint8_t *key = in + from + header, *masked = key + 4;
    for (size_t i = 0; i < payload; i++) out[to + header + i] = masked[i] ^ key[i & 3];
    from += header + 4 + payload;
    to += header + payload;
  }
  return to;
}

int main(int argc, char **argv) {
  int is_room = argc > 1 && !strcmp(argv[1], "room");
  int poll_fd = epoll_create1(0), listener = listen_on_loopback(poll_fd);
  struct epoll_event events[1024];
  for (;;) {
    int count = epoll_wait(poll_fd, events, 1024, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        fd = accept_into(poll_fd, listener);
        if (fd >= 0 && fd < MOST) is_open[fd] = 0;
        continue;
      }
      ssize_t n = read(fd, in, sizeof in);
      if (n <= 0) {
        close(fd);
      } else if (!is_open[fd]) {
        is_open[fd] = 1;
        everybody[everybody_count++ % MOST] = fd;
        write_all(fd, (const uint8_t *)answer, sizeof answer - 1);
      } else {
        size_t made = unmask(n);
        if (is_room) for (int k = 0; k < everybody_count; k++) write_all(everybody[k], out, made);
        else write_all(fd, out, made);
      }
    }
  }
}
