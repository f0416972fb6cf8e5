#include "net/reactor.h"

#include "base/metrics.h"
#include "base/must.h"
#include "net/loop.h"
#include "net/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_MAX 256

struct reactor {
    const struct env *env;
    unsigned index;
    bool started;
    bool open; /* the mailbox still takes posts, as far as the loop knows */
    pthread_t thread;
    struct mailbox mailbox;
    atomic_int_least64_t last_turn_ms;
    atomic_int_least64_t lag_ms;
    struct loop loop OWNED_BY(role_reactor);
};

static _Thread_local struct reactor *current;

NO_THREAD_CHECK enum err reactor_new(const struct reactor_options *options,
                                     struct reactor **out_reactor)
{
    struct reactor *r = calloc(1, sizeof *r);
    if (!r)
        return ERR_NOMEM;
    r->env = options->env;
    r->index = options->index;
    r->open = true;
    r->loop.epoll_fd = -1;
    atomic_init(&r->last_turn_ms, env_monotonic_ms(r->env));
    enum err e = mailbox_init(&r->mailbox, options->mailbox_capacity);
    if (e != ERR_OK)
        goto done;
    e = ERR_IO;
    r->loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (r->loop.epoll_fd < 0)
        goto done;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET,
                                .data.ptr = NULL}; /* NULL: the mailbox */
    if (epoll_ctl(r->loop.epoll_fd, EPOLL_CTL_ADD, waker_fd(r->mailbox.waker), &event) < 0)
        goto done;
    *out_reactor = r;
    r = NULL; /* handed over */
    e = ERR_OK;
done:
    reactor_free(r);
    return e;
}

NO_THREAD_CHECK struct reactor *reactor_free(struct reactor *r)
{
    if (!r)
        return NULL;
    must(!r->started && !r->loop.conns);
    timer_heap_fini(&r->loop.timers);
    if (r->loop.epoll_fd >= 0)
        (void)close(r->loop.epoll_fd);
    mailbox_fini(&r->mailbox);
    free(r);
    return NULL;
}

/* How long a turn may wait: not at all if somebody has bytes or posts left, else until the next timer. */
static int wait_ms(struct reactor *r, int64_t wait_max_ms) ON(role_reactor)
{
    if (r->loop.work.first || r->mailbox.own)
        return 0;
    int64_t next = timer_heap_next_ms(&r->loop.timers);
    int64_t now = env_monotonic_ms(r->env);
    if (next <= now)
        return 0;
    if (next < INT64_MAX && next - now < wait_max_ms)
        wait_max_ms = next - now;
    return (int)wait_max_ms;
}

static void measure(struct reactor *r, int64_t began_ns)
{
    int64_t took_ms = (env_nanoseconds() - began_ns) / 1000000;
    if (took_ms <= atomic_load_explicit(&r->lag_ms, memory_order_relaxed))
        return;
    atomic_store_explicit(&r->lag_ms, took_ms, memory_order_relaxed);
    metric_max(METRIC_loop_lag_ms, took_ms);
}

static void tell_queues(struct loop *l)
{
    if (l->queued_bytes == l->told_bytes)
        return;
    metric_add(METRIC_queued_bytes, (int64_t)l->queued_bytes - (int64_t)l->told_bytes);
    l->told_bytes = l->queued_bytes;
}

void reactor_turn(struct reactor *r, int64_t wait_max_ms)
{
    must(current == r);
    struct loop *l = &r->loop;
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(l->epoll_fd, events, EVENTS_MAX, wait_ms(r, wait_max_ms));
    must(count >= 0 || errno == EINTR);
    int64_t began_ns = env_nanoseconds();
    l->now_ms = env_monotonic_ms(r->env);
    atomic_store_explicit(&r->last_turn_ms, l->now_ms, memory_order_relaxed);

    conn_work_read(l);
    for (int i = 0; i < count; i++)
        if (events[i].data.ptr)
            conn_events(events[i].data.ptr, events[i].events);
    r->open = mailbox_run(&r->mailbox);
    timer_heap_fire(&l->timers, l->now_ms);
    conn_work_finish(l);
    parting_tick(&l->parting, l->now_ms);
    tell_queues(l);
    measure(r, began_ns);
}

void reactor_enter(struct reactor *r)
{
    role_enter(&role_reactor);
    must(!current);
    current = r;
    r->loop.now_ms = env_monotonic_ms(r->env);
}

void reactor_leave(struct reactor *r)
{
    must(current == r);
    conn_close_all(&r->loop);
    conn_work_finish(&r->loop);
    parting_tick(&r->loop.parting, INT64_MAX);
    tell_queues(&r->loop);
    must(!r->loop.conns && r->loop.queued_bytes == 0);
    current = NULL;
    role_leave(&role_reactor);
}

static void *reactor_main(void *arg)
{
    struct reactor *r = arg;
    reactor_enter(r);
    while (r->open)
        reactor_turn(r, REACTOR_WAIT_MAX_MS);
    reactor_leave(r);
    return NULL;
}

enum err reactor_start(struct reactor *r)
{
    must(!r->started);
    char name[16];
    (void)snprintf(name, sizeof name, "reactor %u", r->index % 1000);
    /* Signals are main's business, and SSL_write knows no MSG_NOSIGNAL. */
    sigset_t all, before;
    (void)sigfillset(&all);
    must(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    r->started = pthread_create(&r->thread, NULL, reactor_main, r) == 0;
    must(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
    if (!r->started)
        return ERR_IO;
    (void)pthread_setname_np(r->thread, name);
    return ERR_OK;
}

void reactor_stop(struct reactor *r)
{
    must(current != r);
    mailbox_close(&r->mailbox);
    if (!r->started)
        return;
    must(pthread_join(r->thread, NULL) == 0);
    r->started = false;
}

unsigned reactor_index(const struct reactor *r)
{
    return r->index;
}

enum err reactor_post(struct reactor *r, reactor_run *run, void *subject, void *object,
                      uint64_t number)
{
    return mailbox_post(&r->mailbox, (struct post){run, subject, object, number}, current == r);
}

struct reactor *reactor_current(void)
{
    return current;
}

int64_t reactor_last_turn_ms(const struct reactor *r)
{
    return atomic_load_explicit(&r->last_turn_ms, memory_order_relaxed);
}

int64_t reactor_take_lag_ms(struct reactor *r)
{
    return atomic_exchange_explicit(&r->lag_ms, 0, memory_order_relaxed);
}

size_t reactor_queued_bytes(const struct reactor *r)
{
    return r->loop.queued_bytes;
}

size_t reactor_left_bytes(const struct reactor *r)
{
    return r->loop.told_bytes;
}

int64_t reactor_now_ms(const struct reactor *r)
{
    return r->loop.now_ms;
}

struct loop *reactor_loop(struct reactor *r)
{
    must(current == r);
    return &r->loop;
}

enum err timer_set(struct reactor *r, struct timer *t, int64_t at_ms)
{
    must(current == r);
    return timer_heap_set(&r->loop.timers, t, at_ms);
}

void timer_cancel(struct reactor *r, struct timer *t)
{
    must(current == r);
    timer_heap_remove(&r->loop.timers, t);
}
