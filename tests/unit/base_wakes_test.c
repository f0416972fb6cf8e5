/* Wakes that are held come once, at the end, and to who is gone not at all. */
#include "base/must.h"
#include "base/wakes.h"
#include "unit.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

static struct waker *make(void)
{
    struct waker *w = NULL;
    must(waker_new(&w) == ERR_OK);
    return w;
}

/* How often it was woken since the last look. */
static int woken(struct waker *w)
{
    uint64_t n = 0;
    return read(waker_fd(w), &n, sizeof n) == sizeof n ? (int)n : 0;
}

static void a_wake_comes_at_once_or_once_at_the_end(void)
{
    struct waker *a = make(), *b = make();
    CHECK_INT(woken(a), 0);
    waker_wake(a);
    waker_wake(a);
    CHECK_INT(woken(a), 2);
    wakes_hold();
    for (int i = 0; i < 100; i++)
        waker_wake(a);
    waker_wake(b);
    CHECK_INT(woken(a), 0);
    CHECK_INT(woken(b), 0);
    wakes_release();
    CHECK_INT(woken(a), 1);
    CHECK_INT(woken(b), 1);
    waker_wake(a);
    CHECK_INT(woken(a), 1);
    waker_unref(a);
    waker_unref(b);
}

static void more_than_can_be_noted_are_woken_at_once(void)
{
    struct waker *all[WAKES_MAX + 1];
    wakes_hold();
    for (int i = 0; i <= WAKES_MAX; i++) {
        all[i] = make();
        waker_wake(all[i]);
        CHECK_INT(woken(all[i]), i == WAKES_MAX);
    }
    wakes_release();
    for (int i = 0; i <= WAKES_MAX; i++) {
        CHECK_INT(woken(all[i]), i < WAKES_MAX);
        waker_unref(all[i]);
    }
}

/* Else its number might be somebody else's file by then. */
static void the_descriptor_of_who_is_gone_is_open_until_the_end(void)
{
    struct waker *w = make();
    int fd = waker_fd(w);
    wakes_hold();
    waker_wake(w);
    CU_ASSERT_PTR_NULL(waker_unref(w));
    CU_ASSERT_TRUE(fcntl(fd, F_GETFD) >= 0);
    wakes_release();
    CHECK_INT(fcntl(fd, F_GETFD), -1);
    CU_ASSERT_PTR_NULL(waker_unref(NULL));
}

UNIT("base/wakes", CASE(a_wake_comes_at_once_or_once_at_the_end),
     CASE(more_than_can_be_noted_are_woken_at_once),
     CASE(the_descriptor_of_who_is_gone_is_open_until_the_end))
