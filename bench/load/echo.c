// The echo server that WebSocket clients are measured against: it completes the handshake and sends every message back,
// and costs less than any client. Prints its port. Loopback only, for well-behaved clients only.
#define _GNU_SOURCE
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"

enum { MOST = 1 << 16, LONGEST_READ = 1 << 20 };

// A connection with the bytes that are not answered yet: a part of a request or of a frame.
struct connection {
  int is_open;
  uint8_t *bytes;
  size_t length, capacity;
};

static struct connection connections[MOST];
static uint8_t *out;
static size_t out_length, out_capacity;

static void die(const char *what) {
  fprintf(stderr, "echo: %s\n", what);
  exit(1);
}

static uint8_t *room_for(uint8_t **bytes, size_t *capacity, size_t length, size_t more) {
  if (length + more > *capacity) {
    *capacity = (length + more) * 2;
    *bytes = realloc(*bytes, *capacity);
    if (!*bytes) die("no memory");
  }
  return *bytes + length;
}

static void write_all(int fd, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = write(fd, bytes, length);
    if (n < 0) {
      struct pollfd room = {.fd = fd, .events = POLLOUT};
      if (poll(&room, 1, 10000) != 1 || room.revents & (POLLERR | POLLHUP)) return;
      continue;
    }
    bytes += n;
    length -= n;
  }
}

static uint32_t rotated(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

// FIPS 180-4, for a message of one block's length at most twice.
static void sha1(const uint8_t *message, size_t length, uint8_t digest[20]) {
  uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  uint8_t blocks[128] = {0};
  memcpy(blocks, message, length);
  blocks[length] = 0x80;
  size_t count = length + 9 > 64 ? 2 : 1;
  for (int i = 0; i < 8; i++) blocks[count * 64 - 1 - i] = (uint64_t)length * 8 >> 8 * i;
  for (size_t block = 0; block < count; block++) {
    uint32_t w[80];
    for (int i = 0; i < 16; i++) {
      const uint8_t *b = blocks + block * 64 + i * 4;
      w[i] = (uint32_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
    }
    for (int i = 16; i < 80; i++) w[i] = rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
      uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
      uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      uint32_t next = rotated(a, 5) + f + e + k + w[i];
      e = d, d = c, c = rotated(b, 30), b = a, a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
  }
  for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

// RFC 6455 section 4.2.2, step 5.4.
static void answer(int fd, const char *request) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *key = strcasestr(request, "sec-websocket-key:"), joined[61], accept[29], head[256];
  if (!key) die("a request without a key");
  key += strspn(key + 18, " ") + 18;
  snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
  uint8_t digest[21] = {0};
  sha1((const uint8_t *)joined, 60, digest);
  for (int i = 0; i < 7; i++) {
    uint32_t bits = digest[i * 3] << 16 | digest[i * 3 + 1] << 8 | digest[i * 3 + 2];
    for (int k = 0; k < 4; k++) accept[i * 4 + k] = alphabet[bits >> (18 - 6 * k) & 63];
  }
  accept[27] = '=';
  accept[28] = 0;
  int length = snprintf(head, sizeof head,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n\r\n",
                        accept);
  write_all(fd, (const uint8_t *)head, length);
}

// The frame at `at` goes to `out` without its mask; its length, or 0 when it is not whole. RFC 6455 section 5.2.
static size_t take_frame(const uint8_t *at, size_t length) {
  if (length < 2) return 0;
  size_t header = 2;
  uint64_t payload = at[1] & 0x7f;
  if (payload == 126) header = 4;
  if (payload == 127) header = 10;
  if (length < header + 4) return 0;
  if (header > 2) payload = 0;
  for (size_t i = 2; i < header; i++) payload = payload << 8 | at[i];
  if (!(at[1] & 0x80)) die("a frame without a mask");
  if (length < header + 4 + payload) return 0;
  uint8_t *to = room_for(&out, &out_capacity, out_length, header + payload + 8);
  memcpy(to, at, header);
  to[1] &= 0x7f;
  const uint8_t *key = at + header, *from = key + 4;
  uint64_t wide, mask;
  uint32_t narrow;
  memcpy(&narrow, key, 4);
  mask = (uint64_t)narrow << 32 | narrow;
  to += header;
  size_t i = 0;
  for (; i + 8 <= payload; i += 8) {
    memcpy(&wide, from + i, 8);
    wide ^= mask;
    memcpy(to + i, &wide, 8);
  }
  for (; i < payload; i++) to[i] = from[i] ^ key[i & 3];
  out_length += header + payload;
  return header + 4 + payload;
}

static void end(int fd) {
  connections[fd].length = connections[fd].is_open = 0;
  close(fd);
}

static void take(int fd, struct connection *c) {
  uint8_t *to = room_for(&c->bytes, &c->capacity, c->length, LONGEST_READ);
  ssize_t n = read(fd, to, LONGEST_READ);
  if (n <= 0) {
    end(fd);
    return;
  }
  c->length += n;
  size_t at = 0;
  if (!c->is_open) {
    uint8_t *behind = memmem(c->bytes, c->length, "\r\n\r\n", 4);
    if (!behind) return;
    *behind = 0;
    answer(fd, (const char *)c->bytes);
    c->is_open = 1;
    at = behind + 4 - c->bytes;
  }
  out_length = 0;
  int is_over = 0;
  while (!is_over) {
    size_t length = take_frame(c->bytes + at, c->length - at);
    if (length == 0) break;
    is_over = (c->bytes[at] & 0x0f) == 8;
    at += length;
  }
  c->length -= at;
  memmove(c->bytes, c->bytes + at, c->length);
  write_all(fd, out, out_length);
  if (is_over) end(fd);
}

int main(void) {
  int poll_fd = epoll_create1(0), listener = listen_on_loopback(poll_fd);
  struct epoll_event events[1024];
  for (;;) {
    int count = epoll_wait(poll_fd, events, 1024, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd != listener) take(fd, &connections[fd]);
      else if (accept_into(poll_fd, listener) >= MOST) die("too many connections");
    }
  }
}
