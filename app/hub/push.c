/* push: one thing to tell, made once, seen in as many looks as its receivers need, and one reference to each reactor. */
#include "base/buf.h"
#include "base/metrics.h"
#include "base/must.h"
#include "hub/hub_inside.h"
#include "wire/delta.h"

#include <stdlib.h>

#define PUSH_MAX_BYTES ((size_t)1 << 20)
#define WORDS_AROUND                                                                               \
    128 /* bytes of names, numbers and brackets around a publication: room is made once */
#define ROOM_BYTES 1024                   /* on the stack, for what is not longer, as most is not */
#define DATA_AT (sizeof "{\"data\":" - 1) /* where a publication's JSON has its data */

/* ---- making one */

static struct push *push_new(size_t bytes, enum push_kind kind, const char *name)
{
    struct push *p = malloc(sizeof *p + bytes);
    if (!p)
        return NULL;
    *p = (struct push){.kind = kind, .name = name};
    atomic_init(&p->refs, 1);
    return p;
}

/* What all looks of it are made from. errors: ERR_NOMEM; ERR_LIMIT too long; ERR_BAD_REQUEST tags that are none */
static enum err fill(struct push *p, struct text channel, struct text json,
                     const struct publication *from)
{
    char *at = p->bytes;
    p->channel = text_keep(&at, channel);
    p->json = text_keep(&at, json);
    p->publication = *from;
    p->publication.data = (struct text){p->json.data + DATA_AT, from->data.len};
    p->publication.info = text_keep(&at, from->info);
    p->publication.tags = text_keep(&at, from->tags);
    if (from->tags.len == 0)
        return ERR_OK;
    struct tags *tags = malloc(sizeof *tags);
    enum err e = tags ? tags_parse(p->publication.tags, tags) : ERR_NOMEM;
    if (e == ERR_OK)
        p->tags = tags;
    else
        free(tags);
    return e;
}

struct push *push_event(struct named channel, const struct publication *p, enum push_kind kind,
                        struct event_place place)
{
    struct buf json;
    char room[ROOM_BYTES];
    buf_init_lent(&json, PUSH_MAX_BYTES, room, sizeof room);
    (void)buf_space(&json, p->data.len + p->info.len + p->tags.len + WORDS_AROUND);
    publication_write(&json, p);
    struct push *push =
        json.err == ERR_OK
            ? push_new(channel.name.len + json.len + p->info.len + p->tags.len, kind, "pub")
            : NULL;
    if (push) {
        push->place = place;
        push->hash = channel.hash;
        if (fill(push, channel.name, buf_text(&json), p) != ERR_OK) {
            push_unref(push);
            push = NULL;
        }
    }
    buf_fini(&json);
    return push;
}

struct push *push_presence(struct named channel, const char *name, struct text json)
{
    struct push *push = push_new(channel.name.len + json.len, PUSH_JOIN_LEAVE, name);
    if (!push)
        return NULL;
    char *at = push->bytes;
    push->hash = channel.hash;
    push->channel = text_keep(&at, channel.name);
    push->json = text_keep(&at, json);
    return push;
}

struct push *push_ref(struct push *p)
{
    if (p)
        atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void push_unref(struct push *p)
{
    if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (struct push_view *v = atomic_load(&p->views), *next; v; v = next) {
        next = v->next;
        frame_unref(v->frame);
        if (v != &p->own)
            free(v);
    }
    if (p->tags)
        tags_fini(p->tags);
    free(p->tags);
    free(p);
}

const struct tags *push_tags(const struct push *p)
{
    static const struct tags none;
    return p->tags ? p->tags : &none;
}

/* ---- looks */

static bool look_is(const struct look *a, const struct look *b)
{
    return form_is(a->form, b->form) && a->data == b->data && a->number == b->number;
}

/* The difference to `base`, or the whole data again where that is shorter. */
static void write_publication(struct buf *out, const struct push *p, enum push_data data,
                              const struct push *base)
{
    struct publication as = p->publication;
    struct buf delta;
    buf_init(&delta, PUSH_MAX_BYTES);
    as.as_text = true;
    if (data == DATA_DELTA && base &&
        delta_create(base->publication.data, as.data, &delta) == ERR_OK) {
        as.data = buf_text(&delta);
        as.delta = true;
    }
    publication_write(out, &as);
    buf_fini(&delta);
}

static struct frame *make_frame(const struct push *p, const struct look *look,
                                const struct push *base)
{
    struct buf inner, whole;
    char room[ROOM_BYTES];
    buf_init(&inner, 2 * PUSH_MAX_BYTES); /* data as text has its quotes escaped */
    buf_init_lent(&whole, 2 * PUSH_MAX_BYTES, room, sizeof room);
    bool plain = look->data == DATA_PLAIN;
    if (!plain)
        write_publication(&inner, p, look->data, base);
    (void)buf_space(&whole, p->channel.len + (plain ? p->json.len : inner.len) + WORDS_AROUND);
    push_write(&whole, p->channel, look->number, p->name, plain ? p->json : buf_text(&inner));
    struct frame *f = NULL;
    metric_add(METRIC_pushes_encoded, 1);
    if (inner.err == ERR_OK && whole.err == ERR_OK)
        f = form_frame(look->form, buf_text(&whole), !plain);
    buf_fini(&inner);
    buf_fini(&whole);
    return f;
}

/* Two reactors may make the same view at once: both are right, one more frame lives as long as the push. */
static struct frame *add_view(struct push *p, const struct look *look, struct frame *f)
{
    struct push_view *v = &p->own;
    if (f && atomic_exchange_explicit(&p->own_taken, true, memory_order_relaxed))
        v = malloc(sizeof *v);
    if (!f || !v) {
        frame_unref(f);
        return NULL;
    }
    *v = (struct push_view){.next = atomic_load(&p->views), .look = *look, .frame = f};
    while (!atomic_compare_exchange_weak(&p->views, &v->next, v)) {
    }
    return f;
}

struct frame *push_look(struct push *p, const struct look *look, const struct push *base)
{
    for (struct push_view *v = atomic_load(&p->views); v; v = v->next)
        if (look_is(&v->look, look))
            return v->frame;
    return add_view(p, look, make_frame(p, look, base));
}

/* ---- on the way */

/* Gives back a share that a caller with one of its own had taken for somebody else. */
static void push_unshare(struct push *p)
{
    unsigned before = atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel);
    must(before > 1);
}

static void deliver_post(void *subject, void *object, uint64_t number)
{
    (void)number;
    role_assert(&role_reactor);
    shard_deliver(subject, object);
    push_unref(object);
}

/* The reactor could not be told: its subscribers of this channel must recover. It looks at its next turn or second. */
void shard_mark_behind(struct shard *s, unsigned bucket)
{
    atomic_fetch_or(&s->behind_buckets[bucket / 64], (uint64_t)1 << (bucket % 64));
    atomic_store(&s->behind, true);
}

void push_post(struct hub *hub, struct push *p)
{
    unsigned bucket = bucket_of(p->hash);
    uint64_t bits = atomic_load(&hub->interest[bucket]);
    for (unsigned i = 0; bits; i++, bits >>= 1) {
        if (!(bits & 1))
            continue;
        push_ref(p);
        enum err e = reactor_post(hub->shards[i].reactor, deliver_post, &hub->shards[i], p, 0);
        if (e == ERR_OK)
            continue;
        if (e == ERR_BUSY && p->kind == PUSH_EVENT)
            shard_mark_behind(&hub->shards[i], bucket);
        push_unshare(p);
    }
}
