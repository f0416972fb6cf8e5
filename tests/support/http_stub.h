/* http_stub: a server on the loopback that answers every request with the bytes it was told, on a thread of its own. */
#ifndef SNUG_TESTS_HTTP_STUB_H
#define SNUG_TESTS_HTTP_STUB_H

#include "base/must.h"
#include "raw_http.h"

#include <pthread.h>
#include <stdatomic.h>

struct http_stub {
    int fd, port;
    pthread_t thread;
    atomic_bool stop;
    atomic_uint requests;
    _Atomic(const char *) answer; /* whole, with its head; NULL: none comes, the connection stays */
    char head[RAW_ANSWER_MAX];    /* of the last request */
    char body[RAW_ANSWER_MAX];    /* of the last request, as Content-Length says */
    size_t body_len;
};

/* One request: its head byte by byte, so that nothing of the body is in it; then as much as Content-Length says. */
static inline void http_stub_read(struct http_stub *s, int fd)
{
    size_t len = 0, wanted = 0;
    s->head[0] = 0;
    s->body_len = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (len + 1 < sizeof s->head && !strstr(len < 4 ? s->head : s->head + len - 4, "\r\n\r\n")) {
        if (poll(&p, 1, RAW_DEADLINE_MS) <= 0 || recv(fd, s->head + len, 1, 0) != 1)
            return;
        s->head[++len] = 0;
    }
    const char *at = strstr(s->head, "Content-Length: ");
    wanted = at ? strtoul(at + 16, NULL, 10) : 0;
    must(wanted <= sizeof s->body);
    while (s->body_len < wanted) {
        ssize_t n = poll(&p, 1, RAW_DEADLINE_MS) > 0
                        ? recv(fd, s->body + s->body_len, wanted - s->body_len, 0)
                        : 0;
        if (n <= 0)
            return;
        s->body_len += (size_t)n;
    }
}

static inline void *http_stub_main(void *arg)
{
    struct http_stub *s = arg;
    int kept[64];
    unsigned kept_count = 0;
    while (!atomic_load(&s->stop)) {
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        if (poll(&p, 1, 20) <= 0)
            continue;
        int fd = accept(s->fd, NULL, NULL);
        must(fd >= 0);
        http_stub_read(s, fd);
        atomic_fetch_add(&s->requests, 1);
        const char *answer = atomic_load(&s->answer);
        if (answer) {
            raw_say(fd, answer);
            (void)close(fd);
        } else {
            must(kept_count < 64);
            kept[kept_count++] = fd;
        }
    }
    while (kept_count > 0)
        (void)close(kept[--kept_count]);
    return NULL;
}

static inline struct http_stub *http_stub_start(const char *answer)
{
    struct http_stub *s = calloc(1, sizeof *s);
    must(s);
    atomic_store(&s->answer, answer);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&at, sizeof at) == 0 &&
         listen(s->fd, 16) == 0 && getsockname(s->fd, (struct sockaddr *)&at, &len) == 0);
    s->port = ntohs(at.sin_port);
    must(pthread_create(&s->thread, NULL, http_stub_main, s) == 0);
    return s;
}

/* "http://127.0.0.1:PORT/path". Good until the next call. */
static inline const char *http_stub_url(const struct http_stub *s, const char *path)
{
    static char url[200];
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d%s", s->port, path);
    return url;
}

static inline void http_stub_stop(struct http_stub *s)
{
    atomic_store(&s->stop, true);
    must(pthread_join(s->thread, NULL) == 0);
    (void)close(s->fd);
    free(s);
}

#endif
