#include "upkeep/intake.h"

#include "base/future.h"
#include "base/must.h"
#include "base/queue.h"
#include "wire/json.h"

#include <stdlib.h>

#define JOBS_MAX 2048 /* that the writer may have: two groups of those of snug import */
#define JOBS_BYTES_MAX ((size_t)16 << 20) /* and their texts together */

struct job_data {
    struct put put;
    struct intake *in;
    char *file; /* behind the texts */
    int64_t line;
    size_t bytes;
    enum err err;
    char texts[];
};

enum err intake_init(struct intake *in, struct store *s, const struct import_order *order,
                     struct imported *count, char error[256])
{
    *in = (struct intake){.store = s, .order = order, .count = count, .error = error};
    reacted_init(&in->reacted);
    enum err e = filed_init(&in->filed, order->place_files);
    in->ended = queue_new(JOBS_MAX, sizeof(struct job_data *));
    return in->ended ? e : ERR_NOMEM;
}

void intake_begin(struct intake *in, const char *file)
{
    text_flatten(in->file, text_copy(in->file, sizeof in->file, text_of(file)));
    in->line = 0;
}

void intake_fini(struct intake *in)
{
    if (in->ended)
        (void)!intake_settle(in);
    in->ended = queue_free(in->ended);
    reacted_fini(&in->reacted);
    filed_fini(&in->filed);
}

/* ---- what is told */

static void say_bad(struct intake *in, const char *file, int64_t line, const char *why)
{
    char sentence[512];
    if (++in->count->bad > IMPORT_SAID_MAX || !in->order->said)
        return;
    (void)snprintf(sentence, sizeof sentence, "%.120s, %lld: %s", file, (long long)line, why);
    in->order->said(in->order->ctx, sentence);
}

void intake_bad(struct intake *in, const char *why)
{
    say_bad(in, in->file, in->line, why);
}

void intake_progress(struct intake *in, int64_t more_bytes)
{
    in->done += more_bytes;
    if (in->order->told)
        in->order->told(in->order->ctx, in->done, in->total);
}

/* ---- the writer's side */

static enum err job_run(struct db *db, void *data)
{
    struct job_data *job = data;
    return put_item(db, &job->put);
}

static void job_done(void *data, enum err e)
{
    struct job_data *job = data;
    job->err = e;
    must(queue_push(job->in->ended, &job) == ERR_OK); /* it has a place for each */
}

/* ---- the reader's side */

static void count_job(struct imported *n, const struct put *p)
{
    n->users += p->fresh && p->item.kind == ITEM_USER;
    n->rooms += p->fresh && p->item.kind == ITEM_ROOM;
    n->messages += p->fresh && p->item.kind == ITEM_MESSAGE;
    n->files += p->files;
    n->already += !p->fresh && p->item.kind == ITEM_MESSAGE;
    n->runs += p->fresh && p->item.kind == ITEM_RUN;
    n->steps += p->fresh && p->item.kind == ITEM_STEP;
    n->renamed += p->renamed;
}

/* Takes one job that has ended; waits for it. */
static void take_ended(struct intake *in)
{
    struct job_data *job = NULL;
    must(queue_take(in->ended, &job, 1, INT64_MAX) == 1);
    in->out--;
    in->out_bytes -= job->bytes;
    if (job->err == ERR_OK) {
        count_job(in->count, &job->put);
        if (job->put.why[0])
            say_bad(in, job->file, job->line, job->put.why);
    } else if (job->err == ERR_BAD_REQUEST) {
        say_bad(in, job->file, job->line, job->put.why);
    } else if (in->fatal == ERR_OK) {
        in->fatal = job->err;
        (void)snprintf(in->error, 256, "%s", job->put.why[0] ? job->put.why : err_text(job->err));
    }
    if ((job->err == ERR_OK || job->err == ERR_BAD_REQUEST) && !job->put.files &&
        job->put.item.texts[ITEM_FILES].len)
        filed_drop(in, job->put.item.texts[ITEM_FILES]);
    free(job);
}

enum err intake_settle(struct intake *in)
{
    while (in->out > 0)
        take_ended(in);
    return in->fatal;
}

/* Line ends are \n here. */
static size_t mend_lines(char *t, size_t len)
{
    size_t to = 0;
    for (size_t i = 0; i < len; i++)
        if (t[i] != '\r' || i + 1 == len || t[i + 1] != '\n')
            t[to++] = (char)(t[i] == '\r' ? '\n' : t[i]);
    return to;
}

static struct job_data *copy_of(struct intake *in, const struct item *item)
{
    size_t bytes = strlen(in->file) + 1;
    for (size_t i = 0; i < ITEM_TEXTS; i++)
        bytes += item->texts[i].len + 1;
    struct job_data *job = malloc(sizeof *job + bytes);
    if (!job)
        return NULL;
    *job =
        (struct job_data){.put = {.item = *item, .env = in->order->env, .merge = in->order->merge},
                          .in = in,
                          .line = in->line,
                          .bytes = bytes};
    char *at = job->texts;
    for (size_t i = 0; i < ITEM_TEXTS; i++) {
        struct text kept = {at, item->texts[i].len};
        if (kept.len)
            memcpy(at, item->texts[i].data, kept.len);
        if (i == ITEM_WORDS && item->kind != ITEM_ROOM)
            kept.len = mend_lines(at, kept.len);
        else if (i != ITEM_REACTIONS && i != ITEM_FILES)
            text_flatten(at, kept.len);
        at[kept.len] = 0;
        at += kept.len + 1;
        job->put.item.texts[i] = kept;
    }
    job->file = at;
    (void)stpcpy(at, in->file);
    return job;
}

enum err intake_put(struct intake *in, const struct item *item)
{
    while (in->out > 0 && (in->out >= JOBS_MAX || in->out_bytes > JOBS_BYTES_MAX))
        take_ended(in);
    if (item->kind > ITEM_MEMBER && !in->in_messages) {
        in->in_messages = true;
        (void)!intake_settle(in);
    }
    if (in->fatal != ERR_OK)
        return in->fatal;
    if (in->instead)
        return in->instead(in, item);
    struct job_data *job = copy_of(in, item);
    enum err e = ERR_NOMEM;
    if (job) {
        e = writer_submit(in->store, (struct job){job_run, job_done, job});
        while (e == ERR_BUSY && in->out > 0) { /* a short queue */
            take_ended(in);
            e = writer_submit(in->store, (struct job){job_run, job_done, job});
        }
    }
    if (e == ERR_OK) {
        in->out++;
        in->out_bytes += job->bytes;
        return ERR_OK;
    }
    free(job);
    in->fatal = e;
    (void)snprintf(in->error, 256, "%s", err_text(e));
    return e;
}

/* ---- questions */

struct question {
    enum err (*ask)(struct db *db, void *data);
    void *data;
    struct future *answered;
};

static enum err question_run(struct db *db, void *data)
{
    struct question *q = data;
    return q->ask(db, q->data);
}

static void question_done(void *data, enum err e)
{
    struct question *q = data;
    (void)future_fulfil(q->answered, e, NULL);
}

enum err intake_ask(struct intake *in, enum err (*ask)(struct db *db, void *data), void *data)
{
    void *nothing;
    struct question q = {ask, data, future_new(NULL)};
    if (!q.answered)
        return ERR_NOMEM;
    enum err e = reader_submit(in->store, (struct job){question_run, question_done, &q});
    if (e == ERR_OK)
        e = future_take(q.answered, INT64_MAX, &nothing); /* q is on this stack */
    future_unref(q.answered);
    return e;
}

struct there {
    const struct item *item;
    const struct env *env;
    bool is;
};

static enum err ask_there(struct db *db, void *data)
{
    struct there *t = data;
    struct put p = {.item = *t->item, .env = t->env};
    return put_is_there(db, &p, &t->is);
}

enum err intake_is_there(struct intake *in, const struct item *item, bool *out_there)
{
    struct there t = {.item = item, .env = in->order->env};
    enum err e = in->instead ? ERR_OK : intake_ask(in, ask_there, &t);
    *out_there = t.is;
    if (e != ERR_OK && in->fatal == ERR_OK) {
        in->fatal = e;
        (void)snprintf(in->error, 256, "%s", err_text(e));
    }
    return e;
}

/* ---- lines */

void lines_init(struct lines *l, FILE *file)
{
    *l = (struct lines){.file = file};
    buf_init(&l->line, IMPORT_LINE_MAX);
    buf_init(&l->scratch, 4 * IMPORT_LINE_MAX);
}

void lines_fini(struct lines *l)
{
    buf_fini(&l->line);
    buf_fini(&l->scratch);
}

/* One line into l->line without its end, as far as it may be long: l->line.err says more. False: no more. */
static bool read_line(struct lines *l, struct intake *in)
{
    int64_t bytes = 0;
    int c;
    buf_clear(&l->line);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): this thread alone has the file */
    while ((c = getc_unlocked(l->file)) != EOF) {
        bytes++;
        if (c == '\n')
            break;
        buf_add_char(&l->line, (char)c);
    }
    if (bytes == 0)
        return false;
    in->line++;
    intake_progress(in, bytes);
    return true;
}

bool lines_next(struct lines *l, struct intake *in, struct text *out_object, enum err *out_err)
{
    *out_err = ERR_OK;
    while (read_line(l, in)) {
        struct text line = text_trim(buf_text(&l->line));
        if (l->line.err == ERR_NOMEM) {
            *out_err = ERR_NOMEM;
            return false;
        }
        const char *wrong = NULL;
        if (l->line.err != ERR_OK)
            wrong = "the line is longer than 16 MiB.";
        else if (line.len == 0)
            continue;
        else if (!json_valid(line, IMPORT_DEPTH_MAX) || json_kind(line) != JSON_OBJECT)
            wrong = "the line is no JSON object.";
        if (!wrong) {
            *out_err = scratch_for(&l->scratch, line);
            *out_object = line;
            return *out_err == ERR_OK;
        }
        if (!l->told)
            intake_bad(in, wrong);
    }
    if (ferror(l->file)) {
        (void)snprintf(in->error, 256, "%.150s cannot be read.", in->file);
        *out_err = ERR_IO;
    }
    return false;
}

/* ---- fields */

enum err scratch_for(struct buf *scratch, struct text json)
{
    buf_clear(scratch);
    return buf_space(scratch, 3 * json.len + 64) ? ERR_OK : scratch->err;
}

static bool take_field(const struct field *f, struct text value, struct buf *scratch)
{
    static const enum json_kind kinds[] = {
        [FIELD_TEXT] = JSON_STRING, [FIELD_INT] = JSON_NUMBER, [FIELD_BOOL] = JSON_BOOL};
    if (f->kind != FIELD_RAW && json_kind(value) != kinds[f->kind])
        return false;
    size_t from = scratch->len;
    switch (f->kind) {
    case FIELD_TEXT:
        json_string(value, scratch);
        *(struct text *)f->out = (struct text){scratch->data + from, scratch->len - from};
        return scratch->err == ERR_OK && !memchr(scratch->data + from, 0, scratch->len - from);
    case FIELD_INT:
        return json_int(value, INT64_MIN, INT64_MAX, f->out);
    case FIELD_BOOL:
        *(bool *)f->out = value.data[0] == 't';
        return true;
    default:
        *(struct text *)f->out = value;
        return true;
    }
}

bool fields_read(struct text object, const struct field *list, size_t count, struct buf *scratch,
                 const char **out_wrong)
{
    uint64_t found = 0;
    struct json_member member;
    must(count <= 64);
    while (json_member(&object, &member))
        for (size_t i = 0; i < count; i++)
            if (strcmp(member.key, list[i].name) == 0 && json_kind(member.value) != JSON_NULL) {
                found |= UINT64_C(1) << i;
                if (!take_field(&list[i], member.value, scratch)) {
                    *out_wrong = list[i].name;
                    return false;
                }
            }
    for (size_t i = 0; i < count; i++)
        if (list[i].needed && !(found & UINT64_C(1) << i)) {
            *out_wrong = list[i].name;
            return false;
        }
    return true;
}

bool fields_or_bad(struct intake *in, struct text object, const struct field *list, size_t count,
                   struct buf *scratch)
{
    const char *wrong = "";
    char why[128];
    if (json_kind(object) == JSON_OBJECT && fields_read(object, list, count, scratch, &wrong))
        return true;
    (void)snprintf(why, sizeof why, "%s is missing or wrong.", wrong[0] ? wrong : "an object");
    intake_bad(in, why);
    return false;
}

bool two_read(struct text list, struct buf *scratch, struct item *item)
{
    struct text element, found[2];
    size_t count = 0;
    if (json_kind(list) != JSON_ARRAY)
        return false;
    for (; json_element(&list, &element); count++) {
        if (count == 2)
            return false;
        const struct field f = {.kind = FIELD_TEXT, .out = &found[count]};
        if (!take_field(&f, element, scratch) || found[count].len == 0)
            return false;
    }
    if (count < 2)
        return false;
    item->texts[ITEM_ONE] = found[0];
    item->texts[ITEM_OTHER] = found[1];
    return true;
}
