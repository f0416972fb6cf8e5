/* history: from the reactors to the table `connection`, in batches. A batch that the disk refuses comes back to the front
 * and is tried again; a closed row holds all that an opened one does, so that losing an opened one loses nothing. */
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "ops/inside.h"
#include "store/store.h"

#include <stdlib.h>

/* ---- the list */

static void notes_free(struct note *n)
{
    while (n) {
        struct note *next = n->next;
        free(n);
        n = next;
    }
}

static size_t notes_length(const struct note *n)
{
    size_t count = 0;
    for (; n; n = n->next)
        count++;
    return count;
}

/* Takes the first `max` off. */
static struct note *take(struct ops *o, size_t max) CLANG(requires_capability(o->lock))
{
    struct note *first = o->notes, **end = &first;
    size_t count = 0;
    while (*end && count < max) {
        end = &(*end)->next;
        count++;
    }
    o->notes = *end;
    *end = NULL;
    o->notes_count -= count;
    if (!o->notes)
        o->notes_end = &o->notes;
    return first;
}

static void put_back(struct ops *o, struct note *first) CLANG(requires_capability(o->lock))
{
    struct note **end = &first;
    for (; *end; end = &(*end)->next)
        o->notes_count++;
    *end = o->notes;
    if (!o->notes)
        o->notes_end = end == &first ? &o->notes : end;
    o->notes = first;
}

/* A note at the end of the list, while it has less than `max`; NULL: none, that has been counted. Those of the last batch are
 * used again: else the reactors allocate and the writer frees, at every connection. */
static struct note *append(struct ops *o, size_t max) CLANG(requires_capability(o->lock))
{
    struct note *n = NULL;
    if (o->notes_count < max) {
        n = o->spare ? o->spare : malloc(sizeof *n);
        if (o->spare) {
            o->spare = n->next;
            o->spare_count--;
        }
    }
    if (!n) {
        metric_add(METRIC_history_dropped, 1);
        return NULL;
    }
    n->next = NULL;
    *o->notes_end = n;
    o->notes_end = &n->next;
    o->notes_count++;
    return n;
}

static void give_back(struct ops *o, struct note *first) CLANG(requires_capability(o->lock))
{
    while (first) {
        struct note *n = first;
        first = n->next;
        if (o->spare_count == NOTES_FLUSH) {
            free(n);
            continue;
        }
        n->next = o->spare;
        o->spare = n;
        o->spare_count++;
    }
}

void history_note(struct ops *o, enum note_kind kind, const struct ws_connection_record *record)
{
    mutex_lock(&o->lock);
    struct note *n = append(o, kind == NOTE_OPENED ? NOTES_MAX / 2 : NOTES_MAX);
    if (n) {
        n->kind = kind;
        n->record = *record;
    }
    bool many = o->notes_count >= NOTES_FLUSH && !o->writing;
    mutex_unlock(&o->lock);
    if (many)
        history_flush(o, NOTES_FLUSH);
}

void history_mark(struct ops *o, const char *mark)
{
    mutex_lock(&o->lock);
    struct note *n = append(o, NOTES_MAX);
    if (n) {
        n->kind = NOTE_MARK;
        n->mark_ms = env_wall_ms(o->env);
        n->mark = mark;
    }
    mutex_unlock(&o->lock);
}

/* ---- batches */

struct batch {
    struct ops *ops;
    struct note *first;
};

static enum err batch_run(struct db *db, void *data)
{
    struct batch *b = data;
    enum err e = ERR_OK;
    for (const struct note *n = b->first; n && e == ERR_OK; n = n->next) {
        if (n->kind == NOTE_OPENED)
            e = row_opened(db, &n->record);
        else if (n->kind == NOTE_CLOSED)
            e = row_closed(db, &n->record);
        else
            e = row_mark(db, n->mark_ms, n->mark);
    }
    return e;
}

/* Errors that another try would only repeat. */
static bool is_hopeless(enum err e)
{
    return e == ERR_CONFLICT || e == ERR_LIMIT || e == ERR_INTERNAL;
}

static void batch_done(void *data, enum err e)
{
    struct batch *b = data;
    struct ops *o = b->ops;
    if (is_hopeless(e)) {
        size_t lost = notes_length(b->first);
        metric_add(METRIC_history_dropped, (int64_t)lost);
        log_event(LOG_ERROR, "history_dropped", KV_STR("why", err_name(e)),
                  KV_INT("rows", (int64_t)lost));
    }
    mutex_lock(&o->lock);
    if (e != ERR_OK && !is_hopeless(e))
        put_back(o, b->first);
    else
        give_back(o, b->first);
    o->writing = false;
    bool again = e == ERR_OK && o->notes_count >= NOTES_FLUSH;
    condition_broadcast(&o->written);
    mutex_unlock(&o->lock);
    free(b);
    if (again)
        history_flush(o, NOTES_FLUSH);
}

void history_flush(struct ops *o, size_t max)
{
    struct batch *b = malloc(sizeof *b);
    if (!b)
        return; /* the next tick tries again */
    *b = (struct batch){.ops = o};
    mutex_lock(&o->lock);
    if (!o->writing)
        b->first = take(o, max);
    struct note *idle = NULL;
    if (b->first) {
        o->writing = true;
    } else if (!o->writing) { /* a quiet moment: nothing is kept for the next storm */
        idle = o->spare;
        o->spare = NULL;
        o->spare_count = 0;
    }
    mutex_unlock(&o->lock);
    if (!b->first) {
        notes_free(idle);
        free(b);
        return;
    }
    enum err e = writer_submit(o->store, (struct job){batch_run, batch_done, b});
    if (e != ERR_OK)
        batch_done(b, is_hopeless(e) ? ERR_BUSY : e); /* not taken: it may be the next time */
}

void history_drain(struct ops *o, int64_t until_ms)
{
    bool left = true;
    while (left && env_monotonic_ms(&env_real) < until_ms) {
        history_flush(o, NOTES_MAX);
        mutex_lock(&o->lock);
        if (o->writing)
            condition_wait(&o->written, &o->lock, until_ms);
        else if (o->notes) /* the writer's queue is full, or the disk */
            condition_wait(&o->written, &o->lock, env_monotonic_ms(&env_real) + 10);
        left = o->notes || o->writing;
        mutex_unlock(&o->lock);
    }
}

NO_THREAD_CHECK void history_fini(struct ops *o)
{
    must(!o->writing);
    notes_free(o->notes);
    notes_free(o->spare);
    o->notes = o->spare = NULL;
}
