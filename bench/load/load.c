// Load for WebSocket servers, cheaper than any server it measures: one thread, epoll, frames made once. It prints one
// line of JSON when it is ready to measure, and one when it has measured. Loopback only.
//
// load PORT SERVER_PID MODE CONNECTIONS IN_FLIGHT PAYLOAD_BYTES WARMUP_MS MEASURE_MS FLAGS
//
//   echo       every connection keeps IN_FLIGHT messages on their way; one that comes back is followed by the next
//   room       as echo, on a server that sends each message to all connections, its sender included
//   publish    as room, but the first connection alone sends
//   handshake  opens CONNECTIONS at a time, each closed as soon as it was answered 101
//   idle       opens all connections, tells, and keeps them until standard input ends
//
//   FLAGS      letters: t text in Chinese, j text as JSON, d offers permessage-deflate, u sends a message on each
//              connection and awaits it before all are idle, s speaks Socket.IO 5 (Engine.IO 4): a client of the namespace
//              "/" on each connection, whose messages are events "m" with one string
//
// Messages that arrive are counted. Each carries its sender and the length is known: both are checked for every message,
// the whole content for those that lie in one read, one in 16.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { ECHO, ROOM, PUBLISH, HANDSHAKE, IDLE };

// Eight hexadecimal digits at the beginning of every message say who sent it. In Socket.IO it stands between the two.
#define EVENT_BEGIN "42[\"m\",\""
#define EVENT_END "\"]"
enum { TAG = 8, LONGEST_HEADER = 14, LONGEST_START = sizeof EVENT_BEGIN - 1 + TAG, LONGEST_PACKET = 8 };

struct connection {
  int fd, is_open, watches_room;
  char head[1024];  // the answer to the handshake, as far as it has come
  int head_length;

  // The frame at hand.
  uint8_t header[LONGEST_HEADER], start[LONGEST_START];
  int header_length, needed, start_length, is_compressed;
  uint64_t payload_length, came;

  // The frames that it sends, if it does: IN_FLIGHT of them, masked each with its own key.
  uint8_t *frames;
  int due;        // frames to be written
  size_t offset;  // bytes of the first of them that have been written
  double *sent_at;
  int first_sent, sent_count;
  int owes_pong;  // of Engine.IO
};

static enum mode mode;
static int port, server_pid, connection_count, in_flight, is_text, is_json, offers_deflate, is_used, is_socket_io, came_back, opened;
static size_t payload_bytes, frame_bytes, tag_at;
static double now_s, measure_from, measure_until;
static struct connection *connections;
static uint8_t *payload, read_buffer[1 << 20];
static uint64_t counted, arrived_bytes, sampled, seen;
static double *latencies;
static size_t latency_count;
enum { LATENCIES = 1 << 20 };
static int poll_fd;
static char request[512];

static double clock_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

// The server did something wrong: a figure of it would mean nothing.
static void fail(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static double own_cpu_s(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double server_cpu_s(void) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", server_pid);
  int fd = open(path, O_RDONLY);
  if (fd < 0) return 0;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return 0;
  text[n] = 0;
  unsigned long user = 0, kernel = 0;
  char *behind_name = strrchr(text, ')');
  if (behind_name) sscanf(behind_name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
  return (double)(user + kernel) / sysconf(_SC_CLK_TCK);
}

static uint32_t random_state = 2463534242u;
static uint32_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  return random_state ^= random_state << 5;
}

static void write_tag(uint8_t *at, uint32_t sender) {
  char digits[TAG + 1];
  snprintf(digits, sizeof digits, "%08x", sender);
  memcpy(at, digits, TAG);
}

static uint32_t read_tag(const uint8_t *at) {
  uint32_t value = 0;
  for (int i = 0; i < TAG; i++) {
    uint8_t c = at[i];
    if (c >= '0' && c <= '9') value = value * 16 + c - '0';
    else if (c >= 'a' && c <= 'f') value = value * 16 + c - 'a' + 10;
    else return UINT32_MAX;
  }
  return value;
}

static void make_payload(void) {
  payload = malloc(payload_bytes + 64);
  size_t at = tag_at + TAG;
  if (is_socket_io) {
    size_t end = payload_bytes - strlen(EVENT_END);
    memcpy(payload, EVENT_BEGIN, tag_at);
    memset(payload + at, 'a', end - at);
    memcpy(payload + end, EVENT_END, strlen(EVENT_END));
  } else if (is_json) {
    int id = 0;
    while (at < payload_bytes) at += sprintf((char *)payload + at, "{\"id\":%d,\"name\":\"user %d\",\"at\":17%08u},", id, id % 7, next_random() % 100000000u), id++;
  } else {
    for (; at < payload_bytes; at++) payload[at] = is_text ? 'a' : next_random();
    if (is_text) for (at = TAG; at + 3 <= payload_bytes; at += 3) memcpy(payload + at, (at & 1) ? "\xe6\xb6\x88" : "\xe6\x81\xaf", 3);
  }
}

// RFC 6455 section 5.2.
static size_t write_frame(uint8_t *at, uint32_t sender) {
  size_t n = 0;
  at[n++] = 0x80 | (is_text || is_json || is_socket_io ? 1 : 2);
  if (payload_bytes < 126) {
    at[n++] = 0x80 | payload_bytes;
  } else if (payload_bytes < 65536) {
    at[n++] = 0x80 | 126;
    at[n++] = payload_bytes >> 8;
    at[n++] = payload_bytes;
  } else {
    at[n++] = 0x80 | 127;
    for (int shift = 56; shift >= 0; shift -= 8) at[n++] = (uint64_t)payload_bytes >> shift;
  }
  uint8_t key[4], tag[TAG];
  uint32_t random = next_random();
  memcpy(key, &random, 4);
  memcpy(at + n, key, 4);
  n += 4;
  write_tag(tag, sender);
  for (size_t i = 0; i < payload_bytes; i++) at[n + i] = (i - tag_at < TAG ? tag[i - tag_at] : payload[i]) ^ key[i & 3];
  return n + payload_bytes;
}

static void watch(struct connection *c, uint32_t events, int operation) {
  struct epoll_event event = {.events = events, .data.ptr = c};
  if (epoll_ctl(poll_fd, operation, c->fd, &event) < 0) die("epoll_ctl");
}

static void start(struct connection *c) {
  c->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (c->fd < 0) die("socket");
  if (mode == HANDSHAKE) {
    // Reset instead of TIME_WAIT, or ports run out.
    struct linger at_once = {1, 0};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  } else {
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
  if (write(c->fd, request, strlen(request)) != (ssize_t)strlen(request)) die("write");
  // A handshake's one read waits for what epoll has announced: one system call less.
  if (mode != HANDSHAKE) fcntl(c->fd, F_SETFL, O_NONBLOCK);
  c->is_open = c->head_length = 0;
  watch(c, EPOLLIN, EPOLL_CTL_ADD);
}

// A packet of Engine.IO, masked with zeros; less than 0 when there is no room for it.
static ssize_t send_packet(struct connection *c, const char *packet) {
  size_t length = strlen(packet);
  uint8_t frame[6 + LONGEST_PACKET] = {0x81, 0x80 | length};
  memcpy(frame + 6, packet, length);
  ssize_t n = write(c->fd, frame, 6 + length);
  if (n >= 0 && n < (ssize_t)(6 + length)) die("write");
  return n;
}

static void send_due(struct connection *c) {
  while (c->due > 0 || c->owes_pong) {
    // Between two messages, or it would end up inside one.
    int is_pong = c->owes_pong && c->offset == 0;
    ssize_t n = is_pong ? send_packet(c, "3") : write(c->fd, c->frames + c->offset, frame_bytes * c->due - c->offset);
    if (n < 0) {
      if (errno != EAGAIN) die("write");
      if (!c->watches_room) watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
      c->watches_room = 1;
      return;
    }
    if (is_pong) {
      c->owes_pong = 0;
      continue;
    }
    size_t written = c->offset + n;
    c->due -= written / frame_bytes;
    c->offset = written % frame_bytes;
  }
  if (c->watches_room) watch(c, EPOLLIN, EPOLL_CTL_MOD);
  c->watches_room = 0;
}

static void send_next(struct connection *c, int count) {
  for (int i = 0; i < count; i++) {
    c->sent_at[(c->first_sent + c->sent_count++) % in_flight] = now_s;
  }
  c->due += count;
  send_due(c);
}

static int is_measuring(void) { return now_s >= measure_from && now_s < measure_until; }

// Engine.IO opens, then Socket.IO's namespace; Engine.IO's pings are answered. Returns 0 when it is a message.
static int take_packet(struct connection *c) {
  const char type = c->start[0], type_of_socket_io = c->payload_length > 1 ? c->start[1] : 0;
  if (type == '4' && type_of_socket_io == '2') return 0;
  if (type == '0') {
    if (send_packet(c, "40") < 0) die("write");
  } else if (type == '2') {
    c->owes_pong = 1;
    send_due(c);
  } else if (type == '4' && type_of_socket_io == '0') {
    opened++;
  } else {
    fail("a packet that was not expected");
  }
  return 1;
}

// A whole message has come; returns 1 when the connection's own has come back.
static int take_message(struct connection *c) {
  if (is_socket_io && take_packet(c)) return 0;
  if (c->is_compressed) {
    if (!offers_deflate || c->payload_length >= payload_bytes) fail("a compressed message that is none");
  } else {
    if (c->payload_length != payload_bytes) fail("a message of another length");
    if (memcmp(c->start, payload, tag_at)) fail("a message of other content");
    if (read_tag(c->start + tag_at) >= (uint32_t)connection_count) fail("a message of nobody's");
  }
  if (is_measuring()) counted++;
  // A compressed one does not tell: the server sends in the order in which it was sent to.
  int is_own = c->is_compressed ? c->frames != NULL : c->frames && read_tag(c->start + tag_at) == (uint32_t)(c - connections);
  if (!is_own) return 0;
  if (c->sent_count == 0) fail("a message came back twice");
  double latency = now_s - c->sent_at[c->first_sent];
  c->first_sent = (c->first_sent + 1) % in_flight;
  c->sent_count--;
  if (is_measuring() && latency_count < LATENCIES) latencies[latency_count++] = latency;
  return 1;
}

static int header_needs(const struct connection *c) {
  if (c->header_length < 2) return 2;
  int length = c->header[1] & 0x7f;
  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (c->header[1] & 0x80 ? 4 : 0);
}

static void take_header(struct connection *c) {
  const uint8_t *h = c->header;
  int opcode = h[0] & 0x0f;
  if (opcode == 8) fail("the server closes");
  c->is_compressed = (h[0] & 0x40) != 0;
  c->payload_length = h[1] & 0x7f;
  if (c->payload_length == 126) c->payload_length = h[2] << 8 | h[3];
  else if (c->payload_length == 127) {
    c->payload_length = 0;
    for (int i = 2; i < 10; i++) c->payload_length = c->payload_length << 8 | h[i];
  }
  c->came = 0;
  c->start_length = 0;
}

static void take_bytes(struct connection *c, const uint8_t *at, const uint8_t *end) {
  int own = 0;
  while (at < end) {
    if (c->header_length < (c->needed = header_needs(c)) || c->header_length < 2) {
      c->header[c->header_length++] = *at++;
      if (c->header_length < 2 || c->header_length < header_needs(c)) continue;
      take_header(c);
      if (c->payload_length > 0) continue;
    }
    size_t left = c->payload_length - c->came, length = (size_t)(end - at) < left ? (size_t)(end - at) : left;
    const uint8_t *key = c->header[1] & 0x80 ? c->header + c->header_length - 4 : (const uint8_t *)"\0\0\0\0";
    for (size_t i = 0; c->start_length < (int)tag_at + TAG && i < length; i++) {
      c->start[c->start_length] = at[i] ^ key[c->start_length & 3];
      c->start_length++;
    }
    int opcode = c->header[0] & 0x0f;
    if (length == c->payload_length && !c->is_compressed && opcode <= 2 && (++seen & 15) == 0 && length == payload_bytes &&
        memcmp(c->start, payload, tag_at) == 0) {
      sampled++;
      for (size_t i = tag_at + TAG; i < length; i++) {
        if ((at[i] ^ key[i & 3]) == payload[i]) continue;
        fail("a message of other content");
      }
    }
    c->came += length;
    at += length;
    if (c->came < c->payload_length) break;
    c->header_length = 0;
    if (opcode <= 2) own += take_message(c);
  }
  came_back += own;
  if (own > 0 && mode != IDLE) send_next(c, own);
}

static void take_answer(struct connection *c, const uint8_t *at, const uint8_t *end) {
  while (at < end && !c->is_open) {
    if (c->head_length == sizeof c->head - 1) die("an answer without end");
    c->head[c->head_length++] = *at++;
    c->head[c->head_length] = 0;
    if (c->head_length < 4 || memcmp(c->head + c->head_length - 4, "\r\n\r\n", 4)) continue;
    if (strncmp(c->head, "HTTP/1.1 101", 12)) {
      fprintf(stderr, "load: the server answered %s", c->head);
      exit(1);
    }
    if (offers_deflate && !strcasestr(c->head, "permessage-deflate")) die("permessage-deflate was not accepted");
    c->is_open = 1;
    if (!is_socket_io) opened++;
  }
  if (c->is_open && mode != HANDSHAKE) take_bytes(c, at, end);
}

static void turn(int timeout_ms) {
  static struct epoll_event events[1024];
  int count = epoll_wait(poll_fd, events, 1024, timeout_ms);
  now_s = clock_s();
  if (count == 0) die("nothing came for too long");
  for (int i = 0; i < count; i++) {
    struct connection *c = events[i].data.ptr;
    if (events[i].events & EPOLLOUT) send_due(c);
    if (!(events[i].events & ~EPOLLOUT)) continue;
    ssize_t n = read(c->fd, read_buffer, sizeof read_buffer);
    if (n < 0 && errno == EAGAIN) continue;
    if (n <= 0) die("the server has ended a connection");
    if (is_measuring()) arrived_bytes += n;
    if (c->is_open) {
      take_bytes(c, read_buffer, read_buffer + n);
      continue;
    }
    take_answer(c, read_buffer, read_buffer + n);
    if (mode == HANDSHAKE && c->is_open) {
      if (is_measuring()) counted++;
      close(c->fd);
      start(c);
    }
  }
}

static int by_size(const void *a, const void *b) {
  double x = *(double *)a, y = *(double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 10) {
    fprintf(stderr, "load PORT SERVER_PID MODE CONNECTIONS IN_FLIGHT PAYLOAD_BYTES WARMUP_MS MEASURE_MS FLAGS\n");
    return 2;
  }
  static const char *modes[] = {"echo", "room", "publish", "handshake", "idle"};
  for (mode = ECHO; mode < IDLE && strcmp(modes[mode], argv[3]); mode++) {}
  port = atoi(argv[1]);
  server_pid = atoi(argv[2]);
  connection_count = atoi(argv[4]);
  in_flight = atoi(argv[5]);
  payload_bytes = atol(argv[6]);
  double warmup_s = atoi(argv[7]) / 1e3, measure_s = atoi(argv[8]) / 1e3;
  is_text = strchr(argv[9], 't') != NULL;
  is_json = strchr(argv[9], 'j') != NULL;
  offers_deflate = strchr(argv[9], 'd') != NULL;
  is_used = strchr(argv[9], 'u') != NULL;
  is_socket_io = strchr(argv[9], 's') != NULL;
  tag_at = is_socket_io ? strlen(EVENT_BEGIN) : 0;
  if (payload_bytes < tag_at + TAG + (is_socket_io ? strlen(EVENT_END) : 0)) fail("a message needs more bytes");
  struct rlimit files = {1 << 16, 1 << 16};
  if (setrlimit(RLIMIT_NOFILE, &files) < 0) {
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  snprintf(request, sizeof request,
           "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
           is_socket_io ? "/socket.io/?EIO=4&transport=websocket" : "/", port, offers_deflate ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "");
  poll_fd = epoll_create1(0);
  connections = calloc(connection_count, sizeof *connections);
  latencies = malloc(LATENCIES * sizeof *latencies);
  measure_from = measure_until = 1e18;
  make_payload();

  for (int started = 0; started < connection_count;) {
    for (int batch = 0; batch < 100 && started < connection_count; batch++) start(&connections[started++]);
    while (mode != HANDSHAKE && opened < started) turn(10000);
  }
  int senders = mode == PUBLISH ? 1 : mode == HANDSHAKE || (mode == IDLE && !is_used) ? 0 : connection_count;
  for (int i = 0; i < senders; i++) {
    struct connection *c = &connections[i];
    c->frames = malloc((payload_bytes + LONGEST_HEADER) * in_flight);
    c->sent_at = calloc(in_flight, sizeof *c->sent_at);
    uint8_t *at = c->frames;
    for (int k = 0; k < in_flight; k++) at += frame_bytes = write_frame(at, i);
  }
  now_s = clock_s();
  if (mode == IDLE) {
    for (int i = 0; i < senders; i++) send_next(&connections[i], 1);
    while (came_back < senders) turn(10000);
    printf("{\"opened\":%d}\n", opened);
    fflush(stdout);
    while (read(0, read_buffer, sizeof read_buffer) > 0) {}
    return 0;
  }
  measure_from = now_s + warmup_s;
  measure_until = measure_from + measure_s;
  for (int i = 0; i < senders; i++) send_next(&connections[i], in_flight);

  while (now_s < measure_from) turn(10000);
  double began_s = now_s, own_began = own_cpu_s(), server_began = server_cpu_s();
  measure_from = began_s;
  measure_until = began_s + measure_s;
  while (now_s < measure_until) turn(10000);
  double took_s = now_s - began_s, own_s = own_cpu_s() - own_began, server_s = server_cpu_s() - server_began;

  qsort(latencies, latency_count, sizeof *latencies, by_size);
  double p50 = latency_count ? latencies[latency_count / 2] : 0, p99 = latency_count ? latencies[latency_count * 99 / 100] : 0;
  printf("{\"messages\":%llu,\"seconds\":%.4f,\"bytes\":%llu,\"serverCpuSeconds\":%.3f,\"loadCpuSeconds\":%.3f,"
         "\"p50Us\":%.1f,\"p99Us\":%.1f,\"sampled\":%llu}\n",
         (unsigned long long)counted, took_s, (unsigned long long)arrived_bytes, server_s, own_s, p50 * 1e6, p99 * 1e6,
         (unsigned long long)sampled);
  return 0;
}
