/* news: from a message that was committed to the browsers that are told of it. The writer leaves two numbers; a reader's job takes
 * all that wait, and looks who is named, who is not here, and what their browsers gave. */
#include "base/metrics.h"
#include "chat/chat.h"
#include "push/inside.h"
#include "push/words.h"
#include "store/db.h"
#include "store/store.h"
#include "wire/json.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOKS_MAX 32   /* messages in one job */
#define TITLE_MAX 1000 /* bytes: two names of 80 characters, and words between them */
#define BODY_MAX ((size_t)(PUSH_WORDS_MAX + 1) * 4)

struct look {
    struct pusher *p;
    struct seen seen[LOOKS_MAX];
    unsigned count;
    struct parcel *parcels[PUSH_QUEUE_MAX];
    unsigned parcels_count;
};

static bool names_somebody(const struct chat_message_event *event)
{
    return event->direct || memchr(event->text.data, '@', event->text.len) != NULL;
}

void news_seen(void *pusher, const struct chat_message_event *event)
{
    struct pusher *p = pusher;
    if (!atomic_load(&p->any) || !names_somebody(event))
        return;
    mutex_lock(&p->lock);
    bool full = p->seen_count == PUSH_QUEUE_MAX;
    if (!full)
        p->seen[(p->seen_first + p->seen_count++) % PUSH_QUEUE_MAX] =
            (struct seen){event->room_id, (int64_t)event->offset};
    mutex_unlock(&p->lock);
    if (full)
        metric_add(METRIC_pushes_dropped, 1);
    news_look(p);
}

/* ---- the reader's job */

static void write_title(struct query *q, struct buf *out)
{
    buf_add_text(out, col_text(q, 7));
    if (col_int(q, 9) != 0) /* a conversation of two has no other name */
        return;
    buf_add_text(out, TEXT(" mentioned you in "));
    buf_add_text(out, col_text(q, 8));
}

/* {title, body, url, tag}: the tag is that of the page's own notifications of the room, which it takes the place of. */
static void write_payload(struct query *q, const struct seen *at, struct buf *out)
{
    struct json_writer w;
    struct buf title, body;
    char place[48], tag[40];
    struct text message = col_text(q, 10);
    buf_init(&title, TITLE_MAX);
    buf_init(&body, BODY_MAX);
    write_title(q, &title);
    if (message.len == 0)
        buf_add_text(&body, TEXT("sent a file"));
    else
        push_words(message, &body);
    (void)snprintf(place, sizeof place, "/room/%lld/%lld", (long long)at->room_id,
                   (long long)at->offset);
    (void)snprintf(tag, sizeof tag, "snug-room-%lld", (long long)at->room_id);
    json_begin(&w, out);
    json_open(&w, NULL, '{');
    json_add_text(&w, "title", buf_text(&title));
    json_add_text(&w, "body", buf_text(&body));
    json_add_text(&w, "url", text_of(place));
    json_add_text(&w, "tag", text_of(tag));
    json_close(&w, '}');
    if (title.err != ERR_OK || body.err != ERR_OK)
        out->err = ERR_NOMEM; /* their bounds are above what names and words have */
    buf_fini(&title);
    buf_fini(&body);
}

/* errors: ERR_NOMEM; ERR_LIMIT no room in the job; ERR_DAMAGED the row's keys */
static enum err pack(struct look *job, struct query *q, const struct seen *at, struct text payload)
{
    struct web_push_receiver to;
    if (job->parcels_count == PUSH_QUEUE_MAX)
        return ERR_LIMIT;
    if (!row_receiver(q, 3, &to))
        return ERR_DAMAGED;
    struct parcel *parcel = parcel_new(job->p, col_text(q, 2), payload);
    if (!parcel)
        return ERR_NOMEM;
    parcel->subscription_id = col_int(q, 0);
    parcel->user_id = col_int(q, 1);
    parcel->room_id = at->room_id;
    parcel->offset = at->offset;
    parcel->sent_ms = col_int(q, 5);
    parcel->failed_ms = col_int(q, 6);
    parcel->to = to;
    job->parcels[job->parcels_count++] = parcel;
    return ERR_OK;
}

static enum err look_at(struct db *db, struct look *job, const struct seen *at)
{
    struct buf payload;
    buf_init(&payload, PUSH_TEXT_MAX);
    struct query *q = db_query(db, QUERY_PUSH_WANTED);
    query_int(q, 1, at->room_id);
    query_int(q, 2, at->offset);
    query_int(q, 3, env_wall_ms(job->p->env));
    while (query_row(q)) {
        if (chat_user_is_here(job->p->chat, col_int(q, 1)))
            continue;
        if (payload.len == 0)
            write_payload(q, at, &payload);
        if (payload.err != ERR_OK || pack(job, q, at, buf_text(&payload)) != ERR_OK)
            metric_add(METRIC_pushes_dropped, 1);
    }
    buf_fini(&payload);
    return query_end(q);
}

static enum err look_run(struct db *db, void *data)
{
    struct look *job = data;
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < job->count; i++) {
        e = look_at(db, job, &job->seen[i]);
        if (e != ERR_OK) /* this one and those behind it */
            metric_add(METRIC_pushes_dropped, (int64_t)(job->count - i));
    }
    return e;
}

static void look_done(void *data, enum err e)
{
    struct look *job = data;
    struct pusher *p = job->p;
    (void)e; /* what was found before it is sent all the same */
    for (unsigned i = 0; i < job->parcels_count; i++)
        delivery_give(p, job->parcels[i]);
    free(job);
    mutex_lock(&p->lock);
    p->looking = false;
    mutex_unlock(&p->lock);
    delivery_pump(p);
    news_look(p);
}

/* Takes those that are next, if nobody looks at the moment. */
static bool claim(struct pusher *p, struct look *job)
{
    mutex_lock(&p->lock);
    bool mine = !p->looking && !p->stopped && p->seen_count > 0;
    for (; mine && p->seen_count > 0 && job->count < LOOKS_MAX; p->seen_count--) {
        job->seen[job->count++] = p->seen[p->seen_first];
        p->seen_first = (p->seen_first + 1) % PUSH_QUEUE_MAX;
    }
    p->looking |= mine;
    mutex_unlock(&p->lock);
    return mine;
}

static bool waits(struct pusher *p)
{
    mutex_lock(&p->lock);
    bool any = !p->looking && p->seen_count > 0;
    mutex_unlock(&p->lock);
    return any;
}

void news_look(struct pusher *p)
{
    if (!waits(p))
        return;
    struct look *job = calloc(1, sizeof *job);
    if (!job)
        return; /* the next tick tries again */
    job->p = p;
    if (!claim(p, job)) {
        free(job);
        return;
    }
    if (reader_submit(p->store, (struct job){look_run, look_done, job}) == ERR_OK)
        return;
    metric_add(METRIC_pushes_dropped, (int64_t)job->count);
    free(job);
    mutex_lock(&p->lock);
    p->looking = false;
    mutex_unlock(&p->lock);
}
