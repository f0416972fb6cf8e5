#include "base/wakes.h"

#include "base/must.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct waker {
    atomic_uint refs;
    int fd;
};

struct wakes {
    bool held;
    size_t count;
    struct waker *noted[WAKES_MAX]; /* a reference each */
};

static _Thread_local struct wakes wakes;

enum err waker_new(struct waker **out_waker)
{
    struct waker *w = malloc(sizeof *w);
    if (!w)
        return ERR_NOMEM;
    atomic_init(&w->refs, 1);
    w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (w->fd < 0) {
        free(w);
        return ERR_IO;
    }
    *out_waker = w;
    return ERR_OK;
}

struct waker *waker_unref(struct waker *w)
{
    if (w && atomic_fetch_sub(&w->refs, 1) == 1) {
        (void)close(w->fd);
        free(w);
    }
    return NULL;
}

int waker_fd(const struct waker *w)
{
    return w->fd;
}

static void wake_now(struct waker *w)
{
    uint64_t one = 1;
    ssize_t n = write(w->fd, &one, sizeof one);
    must(n == sizeof one); /* it can only refuse 2^64 - 1 */
}

/* True if it will be woken at the end. */
static bool note(struct waker *w)
{
    for (size_t i = 0; i < wakes.count; i++)
        if (wakes.noted[i] == w)
            return true;
    if (wakes.count == WAKES_MAX)
        return false;
    (void)atomic_fetch_add(&w->refs, 1);
    wakes.noted[wakes.count++] = w;
    return true;
}

void waker_wake(struct waker *w)
{
    if (!wakes.held || !note(w))
        wake_now(w);
}

void wakes_hold(void)
{
    must(!wakes.held);
    wakes.held = true;
}

void wakes_release(void)
{
    must(wakes.held);
    for (size_t i = 0; i < wakes.count; i++) {
        wake_now(wakes.noted[i]);
        waker_unref(wakes.noted[i]);
    }
    wakes = (struct wakes){0};
}
