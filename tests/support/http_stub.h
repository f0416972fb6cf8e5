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
};

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
        (void)raw_read_until(fd, "\r\n\r\n", s->head);
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
