/* snug_level: what makes the server do less (base/level.h): measured ten times a second, told to whom it concerns. */
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "snug_inside.h"
#include "wire/json.h"

#include <malloc.h>
#include <sys/resource.h>

#define DESCRIPTORS_KEPT 128 /* for files and requests while nobody new is let in */
#define TRIM_MS 5000

/* Four fifths of what there is: the rest is the kernel's buffers, and other programs'. */
static int64_t memory_max(const struct snug *s)
{
    if (s->options.memory_limit_bytes > 0)
        return s->options.memory_limit_bytes;
    return memory_given_bytes() / 5 * 4;
}

static int64_t descriptors_max(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > INT32_MAX)
        return 0;
    int64_t max = (int64_t)files.rlim_cur;
    return max > INT64_C(4) * DESCRIPTORS_KEPT ? max - DESCRIPTORS_KEPT : max * 3 / 4;
}

/* Resident memory is what the kernel ends a process for, and what libraries hold is in it; what was freed is given back to
 * the system first, so that it can fall again. */
static void measure_memory(struct snug *s, int64_t now_ms)
{
    struct level_watch *l = &s->level_watch;
    bool short_of =
        level_above(&s->level, REASON_memory, metric_get(METRIC_rss_bytes), l->memory_max);
    level_report(&s->level, REASON_memory, short_of, now_ms);
    if (short_of && now_ms - l->trimmed_ms >= TRIM_MS) {
        l->trimmed_ms = now_ms;
        (void)malloc_trim(0);
    }
}

static void measure(struct snug *s)
{
    int64_t now_ms = env_monotonic_ms(&env_real);
    level_report(&s->level, REASON_disk_full, store_status(s->store).read_only, now_ms);
    measure_memory(s, now_ms);
    level_report(
        &s->level, REASON_descriptors,
        level_above(&s->level, REASON_descriptors, metric_get(METRIC_fds), descriptors_max()),
        now_ms);
}

/* {"type": "level", "level": "readonly", "reason": "..."} */
static enum err tell_clients(struct snug *s, uint64_t number, enum level level)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, 1024);
    json_begin(&w, &b);
    json_open(&w, NULL, '{');
    json_add_text(&w, "type", TEXT("level"));
    json_add_text(&w, "level", text_of(level_name(level)));
    json_add_text(&w, "reason", text_of(level_words(&s->level)));
    json_close(&w, '}');
    enum err e = b.err == ERR_OK ? sessions_tell(s->sessions, number, buf_text(&b)) : b.err;
    buf_fini(&b);
    return e;
}

static void note(struct snug *s, enum level level)
{
    static const char *const marks[] = {"Normal again", "Disk full, read only",
                                        "Full, nobody new is let in", "Being emptied"};
    metric_set(METRIC_level, level);
    metric_add(METRIC_level_changes, 1);
    log_event(level == LEVEL_NORMAL ? LOG_INFO : LOG_WARN, "level",
              KV_STR("level", level_name(level)), KV_STR("reason", level_words(&s->level)));
    if (!level_holds(&s->level, REASON_stopping)) /* that has a mark of its own */
        ops_mark(s->ops, marks[level]);
}

void level_tell(struct snug *s)
{
    struct level_watch *l = &s->level_watch;
    mutex_lock(&l->lock);
    enum level level = level_now(&s->level);
    if (level != l->noted) {
        l->noted = level;
        l->number++;
        l->told = false;
        note(s, level);
    }
    if (!l->told && s->sessions) /* a full mailbox: again with the next tick */
        l->told = tell_clients(s, l->number, level) == ERR_OK;
    mutex_unlock(&l->lock);
}

void level_tick(struct snug *s)
{
    measure(s);
    level_tell(s);
}

void snug_drain(struct snug *s, bool drain)
{
    level_report(&s->level, REASON_drain, drain, env_monotonic_ms(&env_real));
    level_tell(s);
}

void level_init(struct snug *s)
{
    mutex_init(&s->level_watch.lock, LOCK_level);
    s->level_watch.told = true;
    s->level_watch.memory_max = memory_max(s);
}

void level_fini(struct snug *s)
{
    mutex_fini(&s->level_watch.lock);
}
