#include "http/gate.h"

#include "base/metrics.h"
#include "base/must.h"
#include "http/gate_inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define EVENTS_MAX 256
#define WAIT_MAX_MS 250 /* workers add to the lists without waking the thread */
#define FDS_KEPT 64     /* of the last ones, for files and for those who are sent away */

/* ---- one turn of the thread */

static bool has_deadline(enum gate_list list)
{
    return list == GATE_HEAD || list == GATE_BODY || list == GATE_IDLE || list == GATE_SEND ||
           list == GATE_LINGER;
}

/* The first of a list, if it is due (by any time for a list without deadline). */
static struct gate_conn *first_of(struct gate *g, enum gate_list list)
{
    mutex_lock(&g->lock);
    struct gate_conn *c = g->lists[list].first;
    if (c && has_deadline(list) && c->until_ms > g->now_ms)
        c = NULL;
    mutex_unlock(&g->lock);
    return c;
}

static int wait_ms(struct gate *g)
{
    mutex_lock(&g->lock);
    bool empty = g->total == 0 && g->refused == 0;
    int64_t until_ms = g->now_ms + WAIT_MAX_MS;
    for (enum gate_list l = 0; l < GATE_LISTS; l++)
        if (has_deadline(l) && g->lists[l].first && g->lists[l].first->until_ms < until_ms)
            until_ms = g->lists[l].first->until_ms;
    mutex_unlock(&g->lock);
    if (g->paused_until_ms && g->paused_until_ms < until_ms)
        until_ms = g->paused_until_ms;
    else if (empty && !g->paused_until_ms)
        return -1;
    return until_ms > g->now_ms ? (int)(until_ms - g->now_ms) : 0;
}

ON(role_http) static void expire(struct gate *g)
{
    struct gate_conn *c;
    for (enum gate_list l = 0; l < GATE_LISTS; l++)
        while (has_deadline(l) && (c = first_of(g, l)))
            gate_expire(g, c);
    if (g->paused_until_ms && g->now_ms >= g->paused_until_ms)
        gate_accept_pause(g, false);
}

/* What workers gave back with bytes in it, and what waits for room in their queue. */
ON(role_http) static void go_on(struct gate *g)
{
    struct gate_conn *c;
    mutex_lock(&g->lock);
    unsigned back = g->lists[GATE_BACK].count; /* those that come meanwhile wake the next turn */
    unsigned ready = g->lists[GATE_READY].count;
    mutex_unlock(&g->lock);
    while (ready-- > 0 && (c = first_of(g, GATE_READY)) && gate_hand(g, c))
        continue;
    while (back-- > 0 && (c = first_of(g, GATE_BACK)))
        gate_look(g, c);
}

static void bury(struct gate *g)
{
    if (!g->again)
        return;
    mutex_lock(&g->lock);
    struct gate_conn *c = g->lists[GATE_DEAD].first;
    g->lists[GATE_DEAD] = (struct list){0};
    g->again = false;
    mutex_unlock(&g->lock);
    while (c) {
        struct gate_conn *next = c->next;
        gate_conn_free(c);
        c = next;
    }
}

static void end_all(struct gate *g, enum gate_list list)
{
    for (;;) {
        mutex_lock(&g->lock);
        struct gate_conn *c = g->lists[list].first;
        mutex_unlock(&g->lock);
        if (!c)
            return;
        gate_end(g, c);
    }
}

/* Everything that waits for a client to ask for something. */
static void shut(struct gate *g)
{
    gate_listeners_close(g);
    end_all(g, GATE_HEAD);
    end_all(g, GATE_BODY);
    end_all(g, GATE_IDLE);
    mutex_lock(&g->lock);
    g->shut = true;
    condition_broadcast(&g->changed);
    mutex_unlock(&g->lock);
}

ON(role_http) static void turn(struct gate *g)
{
    struct epoll_event events[EVENTS_MAX];
    g->now_ms = env_monotonic_ms(&env_real);
    int n = epoll_wait(g->epoll_fd, events, EVENTS_MAX, wait_ms(g));
    must(n >= 0 || errno == EINTR);
    g->now_ms = env_monotonic_ms(&env_real);
    for (int i = 0; i < n; i++) {
        void *what = events[i].data.ptr;
        struct listener *l = what;
        uint64_t times;
        if (!what)
            (void)!read(waker_fd(g->waker), &times, sizeof times);
        else if (l >= g->listeners && l < g->listeners + GATE_LISTENERS_MAX)
            gate_accept(g, l);
        else
            gate_look(g, what);
    }
    go_on(g);
    expire(g);
    bury(g);
}

static void *gate_main(void *arg)
{
    struct gate *g = arg;
    bool is_shut = false;
    role_enter(&role_http);
    while (!atomic_load(&g->ending)) {
        turn(g);
        if (atomic_load(&g->closing) && !is_shut) {
            shut(g);
            bury(g);
            is_shut = true;
        }
    }
    role_leave(&role_http);
    return NULL;
}

/* ---- begin and end */

static int fd_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > 1000000)
        return 1000000;
    int limit = (int)files.rlim_cur;
    return limit - (limit / 8 < FDS_KEPT ? limit / 8 : FDS_KEPT);
}

static enum err open_files(struct gate *g)
{
    g->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    enum err e = waker_new(&g->waker);
    if (e != ERR_OK)
        return e;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}; /* NULL: it was woken */
    bool good =
        g->epoll_fd >= 0 && epoll_ctl(g->epoll_fd, EPOLL_CTL_ADD, waker_fd(g->waker), &event) == 0;
    return good ? ERR_OK : ERR_IO;
}

NO_THREAD_CHECK enum err gate_new(const struct gate_options *options, struct gate **out_gate,
                                  char error[256])
{
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        return ERR_NOMEM;
    g->options = *options;
    g->epoll_fd = -1;
    g->fd_max = fd_limit();
    if (g->options.waiting_max == 0)
        g->options.waiting_max = (unsigned)g->fd_max;
    mutex_init(&g->lock, LOCK_gate);
    hash_key_init(&g->key, &env_real);
    condition_init(&g->changed);
    enum err e = open_files(g);
    if (e != ERR_OK)
        (void)snprintf(error, 256, "cannot start: %s", strerrordesc_np(errno));
    if (e == ERR_OK && options->tls_cert &&
        !(g->tls = gate_tls_new(options->tls_cert, options->tls_key, error)))
        e = ERR_IO;
    if (e == ERR_OK)
        e = gate_listen(g, error);
    if (e != ERR_OK) {
        gate_free(g);
        return e;
    }
    *out_gate = g;
    return ERR_OK;
}

enum err gate_start(struct gate *g)
{
    sigset_t all, before; /* signals are main's business */
    (void)sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    g->started = pthread_create(&g->thread, NULL, gate_main, g) == 0;
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    if (!g->started)
        return ERR_IO;
    (void)pthread_setname_np(g->thread, "gate");
    return ERR_OK;
}

void gate_close(struct gate *g)
{
    if (!g->started || atomic_exchange(&g->closing, true))
        return;
    waker_wake(g->waker);
    mutex_lock(&g->lock);
    while (!g->shut)
        condition_wait(&g->changed, &g->lock, INT64_MAX);
    mutex_unlock(&g->lock);
}

void gate_stop(struct gate *g)
{
    atomic_store(&g->closing, true);
    atomic_store(&g->ending, true);
    if (!g->started)
        return;
    waker_wake(g->waker);
    must(pthread_join(g->thread, NULL) == 0);
    g->started = false;
}

NO_THREAD_CHECK struct gate *gate_free(struct gate *g)
{
    if (!g)
        return NULL;
    must(!g->started);
    gate_listeners_close(g);
    for (enum gate_list l = 0; l < GATE_DEAD; l++)
        end_all(g, l);
    bury(g);
    SSL_CTX_free(g->tls);
    if (g->epoll_fd >= 0)
        (void)close(g->epoll_fd);
    waker_unref(g->waker);
    condition_fini(&g->changed);
    mutex_fini(&g->lock);
    free(g);
    return NULL;
}

int gate_port(const struct gate *g, unsigned i)
{
    return i < GATE_LISTENERS_MAX ? g->listeners[i].port : 0;
}

unsigned gate_busy(struct gate *g)
{
    mutex_lock(&g->lock);
    unsigned busy = g->lists[GATE_READY].count + g->lists[GATE_WORK].count +
                    g->lists[GATE_SEND].count + g->lists[GATE_BACK].count;
    mutex_unlock(&g->lock);
    return busy;
}

bool gate_closes(const struct gate *g)
{
    return atomic_load(&g->closing);
}
