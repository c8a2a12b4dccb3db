/*
 * The floor: what the kernel asks of anybody who stands between a client and an origin. Each client gets a connection of
 * its own to the next origin, and bytes are copied between the two; nothing is read in them.
 *
 *   pump HOST PORT ORIGIN_HOST:ORIGIN_PORT...
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE 65536
#define EVENTS 256

/* One end of a pair. What its peer's kernel did not take waits in `rest`, and this end is not read meanwhile. */
struct end {
  int fd;
  struct end *peer;
  char *rest;
  size_t from, to;
  int has_ended, is_closed;
};

static int poller, listener;
static char piece[PIECE];
/* Pairs that were closed while events of theirs may still be in the list. */
static struct end *closed[EVENTS];
static int closed_count;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in address_of(const char *host, const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(port))};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die(host);
  return address;
}

static void watch(struct end *end, int operation) {
  unsigned events = 0;
  if (!end->has_ended && end->peer->rest == NULL) events |= EPOLLIN;
  if (end->rest != NULL) events |= EPOLLOUT;
  struct epoll_event event = {.events = events, .data.ptr = end};
  epoll_ctl(poller, operation, end->fd, &event);
}

static void close_pair(struct end *end) {
  if (end->is_closed) return;
  struct end *both[] = {end, end->peer};
  for (int side = 0; side < 2; side += 1) {
    close(both[side]->fd);
    both[side]->is_closed = 1;
  }
  closed[closed_count++] = end;
}

static void end_writing(struct end *end) {
  shutdown(end->fd, SHUT_WR);
  if (end->has_ended) close_pair(end);
}

/* Writes what waits for this end. */
static void flush(struct end *end) {
  ssize_t count = send(end->fd, end->rest + end->from, end->to - end->from, MSG_NOSIGNAL);
  if (count < 0) {
    if (errno != EAGAIN) close_pair(end);
    return;
  }
  end->from += (size_t)count;
  if (end->from < end->to) return;
  free(end->rest);
  end->rest = NULL;
  watch(end, EPOLL_CTL_MOD);
  watch(end->peer, EPOLL_CTL_MOD);
  if (end->peer->has_ended) end_writing(end);
}

/* Reads once, and writes it to the other end. */
static void pass_on(struct end *end) {
  struct end *peer = end->peer;
  ssize_t count = read(end->fd, piece, PIECE);
  if (count < 0) {
    if (errno != EAGAIN) close_pair(end);
    return;
  }
  if (count == 0) {
    end->has_ended = 1;
    watch(end, EPOLL_CTL_MOD);
    if (peer->rest == NULL) end_writing(peer);
    return;
  }
  ssize_t sent = send(peer->fd, piece, (size_t)count, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) {
    close_pair(end);
    return;
  }
  if (sent < 0) sent = 0;
  if (sent == count) return;
  peer->rest = malloc(PIECE);
  memcpy(peer->rest, piece + sent, (size_t)(count - sent));
  peer->from = 0;
  peer->to = (size_t)(count - sent);
  watch(peer, EPOLL_CTL_MOD);
  watch(end, EPOLL_CTL_MOD);
}

static void accept_one(const struct sockaddr_in *origin) {
  int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (client < 0) return;
  int upstream = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  int on = 1;
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(upstream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(upstream, (const struct sockaddr *)origin, sizeof *origin) < 0 && errno != EINPROGRESS) {
    close(client);
    close(upstream);
    return;
  }
  struct end *pair = calloc(2, sizeof *pair);
  pair[0] = (struct end){.fd = client, .peer = &pair[1]};
  pair[1] = (struct end){.fd = upstream, .peer = &pair[0]};
  watch(&pair[0], EPOLL_CTL_ADD);
  watch(&pair[1], EPOLL_CTL_ADD);
}

static void listen_on(struct sockaddr_in address) {
  int on = 1;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) die("bind");
  if (listen(listener, 4096) < 0) die("listen");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: pump HOST PORT ORIGIN_HOST:ORIGIN_PORT...\n");
    return 64;
  }
  int origins = argc - 3, next = 0;
  struct sockaddr_in *origin = calloc((size_t)origins, sizeof *origin);
  for (int at = 0; at < origins; at += 1) {
    char *colon = strrchr(argv[at + 3], ':');
    if (colon == NULL) die(argv[at + 3]);
    *colon = '\0';
    origin[at] = address_of(argv[at + 3], colon + 1);
  }
  poller = epoll_create1(0);
  listen_on(address_of(argv[1], argv[2]));
  for (;;) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, -1);
    for (int at = 0; at < count; at += 1) {
      struct end *end = events[at].data.ptr;
      if (end == NULL) {
        accept_one(&origin[next]);
        next = (next + 1) % origins;
        continue;
      }
      if (!end->is_closed && (events[at].events & EPOLLOUT) && end->rest != NULL) flush(end);
      if (!end->is_closed && (events[at].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) && end->peer->rest == NULL) pass_on(end);
    }
    while (closed_count > 0) {
      struct end *end = closed[--closed_count];
      free(end->rest);
      free(end->peer->rest);
      free(end < end->peer ? end : end->peer);
    }
  }
}
