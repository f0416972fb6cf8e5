#include "cli/local_socket.h"

#include "base/env.h"
#include "base/log.h"
#include "http/outcome.h"
#include "wire/json.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "snug.sock"
#define THREADS 2 /* a backup takes its time, and must not keep others waiting */
#define LINE_MS 10000
#define WAIT_SLICE_MS 100
#define REQUEST_DEPTH_MAX 20

struct local_socket {
    struct snug *snug;
    int fd;   /* listens */
    int stop; /* an eventfd: readable when it is time to end */
    atomic_bool stopping;
    pthread_t threads[THREADS];
    unsigned threads_count;
    struct place {
        int folder; /* -1: the path is short enough without it */
        struct sockaddr_un address;
    } place;
};

/* ---- both sides */

/* The socket's address. A folder's path may be longer than an address can hold: then it is reached through a
 * descriptor of the folder. */
static enum err place_open(struct place *p, const char *folder)
{
    p->folder = -1;
    p->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    char *path = p->address.sun_path;
    size_t size = sizeof p->address.sun_path;
    if ((size_t)snprintf(path, size, "%s/" NAME, folder) < size)
        return ERR_OK;
    p->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (p->folder < 0)
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    (void)snprintf(path, size, "/proc/self/fd/%d/" NAME, p->folder);
    return ERR_OK;
}

static void place_close(struct place *p)
{
    if (p->folder >= 0)
        (void)close(p->folder);
    p->folder = -1;
}

/* Waits for an event on fd, or on `stop` (-1: none). False: stop, or the time is over. */
static bool wait_for(int fd, short events, int stop, int64_t until_ms)
{
    for (;;) {
        struct pollfd both[2] = {{.fd = fd, .events = events}, {.fd = stop, .events = POLLIN}};
        int64_t left_ms = until_ms == INT64_MAX ? -1 : until_ms - env_monotonic_ms(&env_real);
        if (until_ms != INT64_MAX && left_ms <= 0)
            return false;
        int n = poll(both, 2, (int)left_ms);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            return both[1].revents == 0;
    }
}

/* Reads up to a line end, which is not kept, and nothing behind it is: one line may follow another. */
static enum err read_line(int fd, int stop, int64_t until_ms, struct buf *out)
{
    for (;;) {
        char bytes[1024];
        if (!wait_for(fd, POLLIN, stop, until_ms))
            return ERR_TIMEOUT;
        ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_PEEK);
        const char *end = n > 0 ? memchr(bytes, '\n', (size_t)n) : NULL;
        if (n > 0)
            n = recv(fd, bytes, end ? (size_t)(end - bytes) + 1 : (size_t)n, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0)
            return ERR_IO;
        buf_add(out, bytes, end ? (size_t)n - 1 : (size_t)n);
        if (end || out->err != ERR_OK)
            return out->err;
    }
}

static enum err write_all(int fd, int stop, int64_t until_ms, struct text t)
{
    while (t.len > 0) {
        ssize_t n = send(fd, t.data, t.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            t = text_after(t, (size_t)n);
        else if (errno != EAGAIN && errno != EINTR)
            return ERR_IO;
        else if (!wait_for(fd, POLLOUT, stop, until_ms))
            return ERR_TIMEOUT;
    }
    return ERR_OK;
}

/* ---- the server's side */

/* Calls, and waits until `until_ms` (monotonic) or *stopping (NULL: does not happen). */
static void call(struct snug *snug, const struct local_call *c, int64_t until_ms,
                 atomic_bool *stopping, struct buf *out)
{
    struct outcome failed = {.err = ERR_NOMEM};
    void *outcome = NULL;
    struct future *f = outcome_future();
    if (f) {
        snug_call(snug, c->method, c->params, outcome_reply(f));
        int64_t now_ms;
        do {
            int64_t done, total;
            now_ms = env_monotonic_ms(&env_real);
            failed.err = future_take(f, now_ms + WAIT_SLICE_MS, &outcome);
            if (c->progress && failed.err == ERR_TIMEOUT && snug_progress(snug, &done, &total))
                c->progress(c->ctx, done, total);
        } while (failed.err == ERR_TIMEOUT && now_ms < until_ms &&
                 !(stopping && atomic_load(stopping)));
        if (failed.err == ERR_TIMEOUT && stopping && atomic_load(stopping))
            failed.err = ERR_CLOSED;
    }
    outcome_write(out, failed.err == ERR_OK ? outcome : &failed);
    free(outcome);
    future_unref(f);
}

/* A line for who asked for it; that it cannot be sent the answer will show. */
static void send_progress(void *ctx, int64_t done, int64_t total)
{
    const int *fd = ctx;
    char line[96];
    int len = snprintf(line, sizeof line, "{\"progress\": {\"done\": %lld, \"total\": %lld}}\n",
                       (long long)done, (long long)total);
    (void)!write_all(*fd, -1, env_monotonic_ms(&env_real) + WAIT_SLICE_MS,
                     (struct text){line, (size_t)len});
}

static void answer_line(struct local_socket *s, int fd, struct text line, struct buf *out)
{
    struct buf method;
    buf_init(&method, LOCAL_LINE_MAX);
    struct local_call c = {.ctx = &fd};
    bool good =
        json_valid(line, REQUEST_DEPTH_MAX) && json_kind(json_skip_space(line)) == JSON_OBJECT;
    struct json_member member;
    while (good && json_member(&line, &member)) {
        if (strcmp(member.key, "method") == 0 && json_kind(member.value) == JSON_STRING)
            json_string(member.value, &method);
        if (strcmp(member.key, "params") == 0)
            c.params = member.value;
        if (strcmp(member.key, "progress") == 0 && text_is(member.value, TEXT("true")))
            c.progress = send_progress;
    }
    c.method = buf_text(&method);
    if (good) /* as long as it takes: only the end of the server ends the wait */
        call(s->snug, &c, INT64_MAX, &s->stopping, out);
    else
        outcome_write(out, &(struct outcome){.err = ERR_BAD_REQUEST});
    buf_add_char(out, '\n');
    buf_fini(&method);
}

static void serve(struct local_socket *s, int fd)
{
    struct buf line, answer;
    buf_init(&line, LOCAL_LINE_MAX);
    buf_init(&answer, (size_t)1 << 22);
    enum err e = read_line(fd, s->stop, env_monotonic_ms(&env_real) + LINE_MS, &line);
    if (e == ERR_OK) {
        answer_line(s, fd, buf_text(&line), &answer);
        e = answer.err;
    }
    if (e == ERR_OK) /* also when the server ends now: the answer says so */
        e = write_all(fd, -1, env_monotonic_ms(&env_real) + LINE_MS, buf_text(&answer));
    if (e != ERR_OK)
        log_event(LOG_WARN, "local_call_failed", KV_STR("why", err_name(e)));
    buf_fini(&line);
    buf_fini(&answer);
}

static void *thread_main(void *arg)
{
    struct local_socket *s = arg;
    while (wait_for(s->fd, POLLIN, s->stop, INT64_MAX)) {
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd <
            0) { /* the other thread was faster; or there is no descriptor left, and not to ask at once again */
            if (errno != EAGAIN)
                (void)wait_for(s->stop, POLLIN, -1, env_monotonic_ms(&env_real) + WAIT_SLICE_MS);
            continue;
        }
        serve(s, fd);
        (void)close(fd);
    }
    return NULL;
}

static bool listen_at(struct local_socket *s)
{
    const struct sockaddr *address = (const struct sockaddr *)&s->place.address;
    const char *path = s->place.address.sun_path;
    if (unlink(path) < 0 && errno != ENOENT)
        return false;
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* Nobody can connect before listen: the mode is right by then. */
    return s->fd >= 0 && bind(s->fd, address, sizeof s->place.address) == 0 &&
           chmod(path, 0600) == 0 && listen(s->fd, 16) == 0;
}

static bool start_threads(struct local_socket *s)
{
    while (s->threads_count < THREADS) {
        if (pthread_create(&s->threads[s->threads_count], NULL, thread_main, s) != 0)
            return false;
        s->threads_count++;
    }
    return true;
}

enum err local_socket_start(struct snug *snug, struct local_socket **out_socket, char error[256])
{
    (void)snprintf(error, 256, "%s", err_text(ERR_NOMEM));
    struct local_socket *s = calloc(1, sizeof *s);
    if (!s)
        return ERR_NOMEM;
    s->snug = snug;
    s->fd = -1;
    s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (place_open(&s->place, snug_data_folder(snug)) == ERR_OK && s->stop >= 0 && listen_at(s) &&
        start_threads(s)) {
        *out_socket = s;
        return ERR_OK;
    }
    char words[128];
    (void)snprintf(error, 256, "Cannot open the private socket in the data folder: %s.",
                   strerror_r(errno, words, sizeof words));
    local_socket_stop(s);
    return ERR_IO;
}

struct local_socket *local_socket_stop(struct local_socket *s)
{
    if (!s)
        return NULL;
    atomic_store(&s->stopping, true);
    if (s->stop >= 0)
        (void)eventfd_write(s->stop, 1);
    for (unsigned i = 0; i < s->threads_count; i++)
        (void)pthread_join(s->threads[i], NULL);
    if (s->fd >= 0) {
        (void)unlink(s->place.address.sun_path);
        (void)close(s->fd);
    }
    if (s->stop >= 0)
        (void)close(s->stop);
    place_close(&s->place);
    free(s);
    return NULL;
}

/* ---- the caller's side */

static enum err connect_to(const char *folder, int *out_fd)
{
    struct place place;
    enum err e = place_open(&place, folder);
    if (e != ERR_OK)
        return e;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    e = ERR_IO;
    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)&place.address, sizeof place.address) == 0) {
        *out_fd = fd;
        fd = -1;
        e = ERR_OK;
    } else if (fd >= 0 && (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)) {
        e = ERR_NOT_FOUND; /* never there, or left by a server that died */
    }
    if (fd >= 0)
        (void)close(fd);
    place_close(&place);
    return e;
}

/* True if the line says how far it is, and the caller has heard it. */
static bool take_progress(const struct local_call *c, struct text line)
{
    struct json_member member, number;
    int64_t done = 0, total = 0;
    if (!text_starts(line, TEXT("{\"progress\"")) || !json_valid(line, REQUEST_DEPTH_MAX) ||
        !json_member(&line, &member) || json_kind(member.value) != JSON_OBJECT)
        return false;
    while (json_member(&member.value, &number))
        (void)json_int(number.value, 0, INT64_MAX,
                       strcmp(number.key, "done") == 0 ? &done : &total);
    if (c->progress)
        c->progress(c->ctx, done, total);
    return true;
}

enum err local_socket_call_here(struct snug *snug, const struct local_call *c, struct buf *out)
{
    call(snug, c, env_monotonic_ms(&env_real) + c->timeout_ms, NULL, out);
    return out->err;
}

enum err local_socket_call(const char *folder, const struct local_call *c, struct buf *out)
{
    int fd;
    enum err e = connect_to(folder, &fd);
    if (e != ERR_OK)
        return e;
    struct buf line;
    struct json_writer w;
    int64_t until_ms = env_monotonic_ms(&env_real) + c->timeout_ms;
    buf_init(&line, LOCAL_LINE_MAX);
    json_begin(&w, &line);
    json_open(&w, NULL, '{');
    json_add_text(&w, "method", c->method);
    json_add_raw(&w, "params", c->params);
    if (c->progress)
        json_add_bool(&w, "progress", true);
    json_close(&w, '}');
    buf_add_char(&line, '\n');
    e = line.err;
    if (e == ERR_OK)
        e = write_all(fd, -1, until_ms, buf_text(&line));
    do {
        buf_clear(out);
        if (e == ERR_OK)
            e = read_line(fd, -1, until_ms, out);
    } while (e == ERR_OK && take_progress(c, buf_text(out)));
    buf_fini(&line);
    (void)close(fd);
    return e;
}
