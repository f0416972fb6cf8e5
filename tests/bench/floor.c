/* floor: the least a WebSocket server can do. `bench_floor PORT` (0: a free one; it prints which).
 *
 * One thread, one epoll. The path of the address is the room; what a member says goes to all members, the sender too,
 * byte for byte, with one send each. A text needs no copy: a client's frame has four bytes more before its payload than
 * a server's, so the answer is written where the question stands, and those bytes are what every member gets.
 * No limits, no timers, no checks of what clients send: it is the measure in tests/bench, not a server for anybody. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { ROOMS = 1 << 12, BUFFER = 1 << 18 };

struct room {
    struct room *next;
    struct client **members;
    uint32_t count, room_for;
    char name[];
};

struct client {
    int fd;
    uint32_t at;       /* place among the members of its room */
    struct room *room; /* NULL: not upgraded yet */
    uint32_t rest_len; /* begun, but not all here yet */
    uint8_t *rest;
};

static struct room *rooms[ROOMS];
static uint8_t buffer[BUFFER];
static int loop, listener;

static void *need(void *p)
{
    if (!p)
        abort();
    return p;
}

static struct room *room_get(const char *name, size_t len)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619;
    struct room **at = &rooms[hash % ROOMS];
    for (struct room *r = *at; r; r = r->next)
        if (strlen(r->name) == len && memcmp(r->name, name, len) == 0)
            return r;
    struct room *r = need(calloc(1, sizeof *r + len + 1));
    memcpy(r->name, name, len);
    r->next = *at;
    *at = r;
    return r;
}

static void join(struct client *c, struct room *r)
{
    if (r->count == r->room_for) {
        r->room_for = r->room_for ? 2 * r->room_for : 4;
        r->members = need(realloc(r->members, r->room_for * sizeof *r->members));
    }
    c->room = r;
    c->at = r->count;
    r->members[r->count++] = c;
}

static void drop(struct client *c)
{
    if (c->room) {
        struct client *last = c->room->members[--c->room->count];
        c->room->members[c->at] = last;
        last->at = c->at;
    }
    close(c->fd);
    free(c->rest);
    free(c);
}

/* Nothing is queued: who does not read is waited for. A broken connection is dropped when its own event comes. */
static void send_all(int fd, const uint8_t *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            (void)poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

/* The request is as browsers and programs write it: the key's name in any case, one space after the colon. */
static bool upgrade(struct client *c, char *head, size_t len)
{
    static const char name[] = "\r\nSec-WebSocket-Key: ",
                      magic[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t sum[EVP_MAX_MD_SIZE], accept[32];
    char joined[64], answer[160];
    head[len - 1] = '\0';
    char *key = strcasestr(head, name), *path = strchr(head, '/');
    if (!key || !path)
        return false;
    (void)snprintf(joined, sizeof joined, "%.24s%s", key + sizeof name - 1, magic);
    EVP_Digest(joined, strlen(joined), sum, NULL, EVP_sha1(), NULL);
    EVP_EncodeBlock(accept, sum, 20);
    int n =
        snprintf(answer, sizeof answer,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: %s\r\n\r\n",
                 (char *)accept);
    send_all(c->fd, (uint8_t *)answer, (size_t)n);
    join(c, room_get(path + 1, strcspn(path + 1, " ?")));
    return true;
}

static void unmask(uint8_t *p, size_t len, uint32_t mask)
{
    uint64_t both = (uint64_t)mask << 32 | mask, word;
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        word ^= both;
        memcpy(p, &word, 8);
    }
    for (size_t i = 0; i < len; i++)
        p[i] ^= (uint8_t)(mask >> 8 * i);
}

/* Serves the frame that begins at p. Returns its length; 0: it is not all here; -1: the connection ends. */
static ssize_t frame(struct client *c, uint8_t *p, size_t len)
{
    if (len < 6)
        return 0;
    size_t payload = p[1] & 127, head = 6;
    if (payload == 126) {
        payload = (size_t)p[2] << 8 | p[3];
        head = 8;
    }
    if (len < head + payload)
        return 0;
    uint32_t mask;
    memcpy(&mask, p + head - 4, 4);
    unmask(p + head, payload, mask);
    uint8_t *out = p + 4; /* the same header, without the mask */
    int kind = p[0] & 15;
    memmove(out, p, head - 4);
    out[0] = (uint8_t)(128 | (kind == 9 ? 10 : kind));
    out[1] &= 127;
    size_t out_len = head - 4 + payload;
    if (kind == 1 || kind == 2)
        for (uint32_t i = 0; i < c->room->count; i++)
            send_all(c->room->members[i]->fd, out, out_len);
    else if (kind == 8 || kind == 9)
        send_all(c->fd, out, out_len);
    return kind == 8 ? -1 : (ssize_t)(head + payload);
}

/* Serves what stands in the buffer. Returns how much of it; -1: the connection ends. */
static ssize_t serve(struct client *c, size_t len)
{
    size_t done = 0;
    if (!c->room) {
        uint8_t *end = memmem(buffer, len, "\r\n\r\n", 4);
        if (!end)
            return 0;
        done = (size_t)(end - buffer) + 4;
        if (!upgrade(c, (char *)buffer, done))
            return -1;
    }
    for (;;) {
        ssize_t n = frame(c, buffer + done, len - done);
        if (n < 0)
            return -1;
        if (n == 0)
            return (ssize_t)done;
        done += (size_t)n;
    }
}

static void on_readable(struct client *c)
{
    if (c->rest_len > 0)
        memcpy(buffer, c->rest, c->rest_len);
    ssize_t n = recv(c->fd, buffer + c->rest_len, BUFFER - c->rest_len, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    size_t len = c->rest_len + (size_t)(n > 0 ? n : 0);
    ssize_t done = n > 0 ? serve(c, len) : -1;
    if (done < 0) {
        drop(c);
        return;
    }
    free(c->rest);
    c->rest = NULL;
    c->rest_len = (uint32_t)(len - (size_t)done);
    if (c->rest_len > 0)
        c->rest = memcpy(need(malloc(c->rest_len)), buffer + done, c->rest_len);
}

static void on_connection(void)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct client *c = need(calloc(1, sizeof *c));
        c->fd = fd;
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct epoll_event e = {.events = EPOLLIN};
        e.data.ptr = c;
        if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &e) != 0)
            drop(c);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    at.sin_port = htons((uint16_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 0));
    loop = epoll_create1(EPOLL_CLOEXEC);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr *)&at, &len) != 0 ||
        epoll_ctl(loop, EPOLL_CTL_ADD, listener, &(struct epoll_event){EPOLLIN, {.ptr = NULL}}) !=
            0) {
        perror("floor");
        return 1;
    }
    (void)printf("%d\n", ntohs(at.sin_port));
    (void)fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(loop, events, 256, -1);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr)
                on_readable(events[i].data.ptr);
            else
                on_connection();
        }
    }
}
