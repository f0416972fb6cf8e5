#include "agents/live.h"

#include "agents/inside.h"
#include "base/task_queue.h"

#include <stdlib.h>
#include <utlist.h>

static struct live *find(struct agents *a, struct text run_id)
{
    struct live *l;
    DL_FOREACH(a->live, l)
    if (text_is(text_of(l->id), run_id))
        return l;
    return NULL;
}

/* Frees one that is over and that nobody works on. */
static void drop_if_over(struct agents *a, struct live *l)
{
    if (!l->over || l->in_flight)
        return;
    DL_DELETE(a->live, l);
    a->live_count--;
    free(l->text);
    free(l);
}

static struct live *live_new(struct agents *a, const struct run *run, struct text text)
{
    struct live *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->text = text_dup(text);
    if (!l->text) {
        free(l);
        return NULL;
    }
    l->a = a;
    l->run = *run;
    l->text_len = text.len;
    l->room_id = run->room_id;
    memcpy(l->id, run->id, sizeof l->id);
    return l;
}

/* The time a server was away does not count: a run that is resumed has its whole deadline again. */
static void set_running(struct live *l)
{
    if (l->running || l->run.at.state != RUN_RUNNING)
        return;
    l->running = true;
    l->until_ms = env_monotonic_ms(l->a->options.env) + l->a->options.deadline_ms;
}

bool live_add(struct agents *a, const struct run *run, struct text text)
{
    struct live *l = live_new(a, run, text);
    if (!l)
        return false;
    mutex_lock(&a->lock);
    bool known = find(a, text_of(run->id)) != NULL;
    if (!known) {
        set_running(l);
        DL_APPEND(a->live, l);
        a->live_count++;
    }
    mutex_unlock(&a->lock);
    if (known) {
        free(l->text);
        free(l);
    }
    return true;
}

/* ---- what may go on */

/* True if another run of its room is running, or has waited longer. */
static bool must_wait(struct agents *a, const struct live *l)
{
    if (l->running)
        return false;
    bool earlier = true;
    struct live *other;
    DL_FOREACH(a->live, other)
    {
        if (other == l)
            earlier = false;
        else if (other->room_id == l->room_id && !other->over && (earlier || other->running))
            return true;
    }
    return false;
}

static void launch(struct agents *a, struct live *l)
{
    if (l->in_flight || l->over || l->ending || a->stopping || must_wait(a, l))
        return;
    struct task task = {step_task, l};
    l->in_flight = task_queue_push(a->options.tasks, task) == ERR_OK; /* full: with a tick */
}

void live_pump(struct agents *a, int64_t room_id)
{
    mutex_lock(&a->lock);
    struct live *l;
    DL_FOREACH(a->live, l)
    if (room_id == 0 || l->room_id == room_id)
        launch(a, l);
    mutex_unlock(&a->lock);
}

void live_land(struct live *l, bool go_on)
{
    struct agents *a = l->a;
    int64_t room_id = l->room_id;
    mutex_lock(&a->lock);
    l->in_flight = false;
    l->over = l->over || run_is_over(l->run.at.state);
    set_running(l);
    bool over = l->over;
    if (go_on)
        launch(a, l);
    drop_if_over(a, l);
    mutex_unlock(&a->lock);
    if (over)
        live_pump(a, room_id);
}

void live_over(struct agents *a, struct text run_id)
{
    int64_t room_id = 0;
    mutex_lock(&a->lock);
    struct live *l = find(a, run_id);
    if (l) {
        room_id = l->room_id;
        l->over = true;
        drop_if_over(a, l);
    }
    mutex_unlock(&a->lock);
    if (room_id)
        live_pump(a, room_id);
}

/* ---- time */

#define ENDINGS_MAX 32 /* in one tick; the next takes the rest */

void live_deadlines(struct agents *a, int64_t now_ms)
{
    char ids[ENDINGS_MAX][RUN_ID_SIZE];
    unsigned count = 0;
    mutex_lock(&a->lock);
    struct live *l;
    DL_FOREACH(a->live, l)
    {
        if (count == ENDINGS_MAX || a->stopping)
            break;
        if (!l->running || l->over || l->ending || now_ms < l->until_ms)
            continue;
        l->ending = true;
        memcpy(ids[count++], l->id, RUN_ID_SIZE);
    }
    mutex_unlock(&a->lock);
    for (unsigned i = 0; i < count; i++)
        run_fail(a, text_of(ids[i]), ERR_TIMEOUT, "time");
}

void live_ending(struct agents *a, struct text run_id, bool ending)
{
    mutex_lock(&a->lock);
    struct live *l = find(a, run_id);
    if (l)
        l->ending = ending;
    mutex_unlock(&a->lock);
}

bool live_full(struct agents *a)
{
    mutex_lock(&a->lock);
    bool full = a->live_count >= RUNS_MAX;
    mutex_unlock(&a->lock);
    return full;
}

void live_fini(struct agents *a)
{
    struct live *l, *next;
    DL_FOREACH_SAFE(a->live, l, next)
    {
        free(l->text);
        free(l);
    }
    a->live = NULL;
}
