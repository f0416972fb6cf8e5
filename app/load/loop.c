#include "base/env.h"
#include "load/inside.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_MAX 512
#define TICK_NS 20000000
#define PACE_LEAST_NS 200000

static volatile sig_atomic_t interrupts;

static void interrupted(int number)
{
    (void)number;
    interrupts = interrupts + 1;
}

int loop_interrupts(void)
{
    return interrupts;
}

static bool add(struct load *l, int fd, uint32_t events, void *what)
{
    struct epoll_event e = {.events = events, .data.ptr = what};
    return epoll_ctl(l->lines.epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

static void set_timer(struct load *l, int64_t ns)
{
    struct itimerspec every = {.it_interval.tv_nsec = ns, .it_value.tv_nsec = ns};
    (void)timerfd_settime(l->timer, 0, &every, NULL);
}

enum err loop_open(struct load *l)
{
    struct sigaction act = {.sa_handler = interrupted};
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    act.sa_handler = SIG_IGN; /* OpenSSL writes without MSG_NOSIGNAL */
    (void)sigaction(SIGPIPE, &act, NULL);
    l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (l->timer < 0 || !add(l, l->timer, EPOLLIN, &l->timer))
        return ERR_IO;
    /* A file or /dev/null cannot be watched: then nobody is there to say when. */
    if (l->o.wait || l->o.workload->kind == LOAD_IDLE)
        l->stdin_watched = add(l, STDIN_FILENO, EPOLLIN, &l->stdin_watched);
    set_timer(l, TICK_NS);
    return ERR_OK;
}

void loop_close(struct load *l)
{
    if (l->timer >= 0)
        (void)close(l->timer);
    l->timer = -1;
}

void loop_at_rate(struct load *l, int64_t rate)
{
    int64_t ns = 1000000000 / rate;
    set_timer(l, ns < PACE_LEAST_NS ? PACE_LEAST_NS : ns < TICK_NS ? ns : TICK_NS);
}

static void read_stdin(struct load *l)
{
    char bytes[512];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n > 0) {
        l->stdin_said |= memchr(bytes, '\n', (size_t)n) != NULL;
        return;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    l->stdin_ended = true;
    l->stdin_watched = false;
    (void)epoll_ctl(l->lines.epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

void loop_turn(struct load *l)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(l->lines.epoll, events, EVENTS_MAX, l->o.awake ? 0 : 1000);
    l->now_ns = env_nanoseconds();
    for (int i = 0; i < n; i++) {
        void *what = events[i].data.ptr;
        if (what == &l->stdin_watched)
            read_stdin(l);
        else if (what == &l->timer)
            (void)!read(l->timer, &(uint64_t){0}, sizeof(uint64_t)); /* it only has to wake */
        else
            lines_event(&l->lines, what, events[i].events);
    }
    l->now_ns = env_nanoseconds();
}

void loop_wait_for_line(struct load *l)
{
    if (!l->o.wait)
        return;
    l->stdin_said = false;
    while (l->stdin_watched && !l->stdin_said && interrupts == 0)
        loop_turn(l);
}
