/*
 * Asks at a constant rate, however long the answers take (an open loop): the k-th request is due at k / RATE, and its latency
 * counts from then. What is due while all connections are busy waits for one, and that wait counts too.
 *
 *   constant-rate HOST PORT PATH RATE SECONDS CONNECTIONS
 *
 * Prints one JSON object: requests that were answered, those that failed and why, and the latency's percentiles in milliseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 256
#define MAX_ANSWER 65536
/* After the last request, for answers that are on their way. */
#define PATIENCE_NS 2000000000LL

struct connection {
  int fd, is_busy;
  long long due;
  size_t length;
  char answer[MAX_ANSWER + 1];
};

static struct sockaddr_in address;
static int poller, idle_count;
static struct connection **idle;
static char request[4096];
static size_t request_length;
static unsigned *latency_us;
static size_t answered;
/* Why requests failed. */
static size_t unsent, closed, not_ok;

static void die(const char *what) {
  perror(what);
  exit(1);
}

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void close_connection(struct connection *connection) {
  close(connection->fd);
  connection->fd = -1;
}

/* Whether it is open; `fd` is -1 else. */
static int open_connection(struct connection *connection) {
  int on = 1;
  connection->fd = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) < 0) {
    close_connection(connection);
    return 0;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event);
  return 1;
}

static void become_idle(struct connection *connection) {
  connection->is_busy = 0;
  idle[idle_count++] = connection;
}

static void ask(struct connection *connection, long long due) {
  connection->due = due;
  connection->length = 0;
  connection->is_busy = 1;
  if (connection->fd >= 0 || open_connection(connection)) {
    if (send(connection->fd, request, request_length, MSG_NOSIGNAL) == (ssize_t)request_length) return;
    close_connection(connection);
  }
  unsent += 1;
  become_idle(connection);
}

/* Whether the answer is whole: a head with Content-Length, and that many bytes. */
static int is_whole(struct connection *connection) {
  connection->answer[connection->length] = '\0';
  char *end = strstr(connection->answer, "\r\n\r\n");
  if (end == NULL) return 0;
  char *field = strcasestr(connection->answer, "\r\ncontent-length:");
  size_t body = field == NULL || field > end ? 0 : (size_t)atol(field + 17);
  return connection->length >= (size_t)(end + 4 - connection->answer) + body;
}

static void take(struct connection *connection) {
  ssize_t count = read(connection->fd, connection->answer + connection->length, MAX_ANSWER - connection->length);
  if (count < 0 && errno == EAGAIN) return;
  if (count <= 0) {
    /* Also the end of one that never asked, by `timeout http-request`. */
    close_connection(connection);
    if (!connection->is_busy) return;
    closed += 1;
    become_idle(connection);
    return;
  }
  connection->length += (size_t)count;
  if (!connection->is_busy || !is_whole(connection)) return;
  if (strncmp(connection->answer, "HTTP/1.1 200 ", 13) != 0)
    not_ok += 1;
  else
    latency_us[answered++] = (unsigned)((now_ns() - connection->due) / 1000);
  become_idle(connection);
}

static void open_all(int connections) {
  for (int at = 0; at < connections; at += 1) {
    struct connection *connection = calloc(1, sizeof *connection);
    if (!open_connection(connection)) die("connect");
    become_idle(connection);
  }
}

static void wait_until(long long until) {
  long long left = until - now_ns();
  if (left < 0) left = 0;
  struct timespec timeout = {.tv_sec = left / 1000000000LL, .tv_nsec = left % 1000000000LL};
  struct epoll_event events[EVENTS];
  int count = epoll_pwait2(poller, events, EVENTS, &timeout, NULL);
  for (int at = 0; at < count; at += 1) take(events[at].data.ptr);
}

static int ascending(const void *one, const void *other) {
  unsigned a = *(const unsigned *)one, b = *(const unsigned *)other;
  return (a > b) - (a < b);
}

static double percentile_ms(double share) {
  if (answered == 0) return 0;
  size_t at = (size_t)(share * (double)answered);
  return latency_us[at < answered ? at : answered - 1] / 1000.0;
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fprintf(stderr, "usage: constant-rate HOST PORT PATH RATE SECONDS CONNECTIONS\n");
    return 64;
  }
  double rate = atof(argv[4]), seconds = atof(argv[5]);
  int connections = atoi(argv[6]);
  size_t wanted = (size_t)(rate * seconds), due = 0, asked = 0;
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)atoi(argv[2]));
  if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) die(argv[1]);
  request_length = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[3], argv[1]);
  latency_us = calloc(wanted + 1, sizeof *latency_us);
  idle = calloc((size_t)connections, sizeof *idle);
  poller = epoll_create1(0);
  /* The kernel may be 50 us late by default, which is more than most answers take. */
  prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0);
  open_all(connections);
  long long start = now_ns();
  double gap = 1e9 / rate;
  while (asked < wanted) {
    long long now = now_ns();
    if (now - start > (long long)(seconds * 1e9) + PATIENCE_NS) break;
    while (due < wanted && start + (long long)((double)due * gap) <= now) due += 1;
    while (asked < due && idle_count > 0) {
      ask(idle[--idle_count], start + (long long)((double)asked * gap));
      asked += 1;
    }
    wait_until(asked < due ? now + 1000000 : start + (long long)((double)due * gap));
  }
  long long end = now_ns() + PATIENCE_NS;
  while (answered + unsent + closed + not_ok < asked && now_ns() < end) wait_until(end);
  size_t unanswered = asked - answered - unsent - closed - not_ok, late = wanted - asked;
  qsort(latency_us, answered, sizeof *latency_us, ascending);
  printf("{\"requests\":%zu,\"requestsPerSecond\":%.1f,\"errors\":%zu,", answered, (double)answered / seconds, wanted - answered);
  printf("\"failures\":{\"unsent\":%zu,\"closed\":%zu,\"notOk\":%zu,\"unanswered\":%zu,\"late\":%zu},", unsent, closed,
         not_ok, unanswered, late);
  printf("\"latency\":{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f}}\n", percentile_ms(0.5), percentile_ms(0.99),
         percentile_ms(0.999));
  return 0;
}
