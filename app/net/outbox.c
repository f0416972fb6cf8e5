#include "net/outbox.h"

#include "base/must.h"

#include <stdlib.h>

#define ROOM_FIRST 4

static struct frame *at(const struct outbox *o, uint32_t i)
{
    return o->room ? o->frames[(o->first + i) & (o->room - 1)] : o->only;
}

void outbox_fini(struct outbox *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        frame_unref(at(o, i));
    if (o->room)
        free(o->frames);
    *o = (struct outbox){.peak_bytes = o->peak_bytes};
}

void outbox_drop(struct outbox *o, size_t keep)
{
    while (o->count > (o->sent_of_first > 0 ? 1 : 0)) {
        struct frame *f = at(o, o->count - 1);
        if (o->bytes - frame_bytes(f).len < keep)
            break;
        o->count--;
        o->bytes -= (uint32_t)frame_bytes(f).len;
        frame_unref(f);
    }
    if (o->count == 0)
        outbox_fini(o);
}

static enum err make_room(struct outbox *o)
{
    if (o->count < o->room || o->count == 0)
        return ERR_OK;
    uint32_t room = o->room ? o->room * 2 : ROOM_FIRST;
    must(room > o->room); /* the budget ends long before 2^31 frames */
    struct frame **frames = malloc(room * sizeof *frames);
    if (!frames)
        return ERR_NOMEM;
    for (uint32_t i = 0; i < o->count; i++)
        frames[i] = at(o, i);
    if (o->room)
        free(o->frames);
    o->frames = frames;
    o->room = room;
    o->first = 0;
    return ERR_OK;
}

enum err outbox_push(struct outbox *o, size_t budget_bytes, struct frame *f)
{
    size_t len = frame_bytes(f).len, most = budget_bytes < UINT32_MAX ? budget_bytes : UINT32_MAX;
    if (o->bytes + len > most)
        return ERR_LIMIT;
    if (len == 0)
        return ERR_OK;
    enum err e = make_room(o);
    if (e != ERR_OK)
        return e;
    if (o->room)
        o->frames[(o->first + o->count) & (o->room - 1)] = frame_ref(f);
    else
        o->only = frame_ref(f);
    o->count++;
    o->bytes += (uint32_t)len; /* within the budget */
    if (o->bytes > o->peak_bytes)
        o->peak_bytes = o->bytes;
    return ERR_OK;
}

static struct text unsent(const struct outbox *o, uint32_t i)
{
    return text_after(frame_bytes(at(o, i)), i == 0 ? o->sent_of_first : 0);
}

struct text outbox_first(const struct outbox *o)
{
    return unsent(o, 0);
}

int outbox_pieces(const struct outbox *o, struct iovec *out, int max)
{
    int n = 0;
    for (uint32_t i = 0; i < o->count && n < max; i++) {
        struct text t = unsent(o, i);
        out[n++] = (struct iovec){(char *)t.data, t.len}; /* writev does not change them */
    }
    return n;
}

size_t outbox_copy(const struct outbox *o, void *out, size_t max)
{
    size_t n = 0;
    for (uint32_t i = 0; i < o->count && n < max; i++) {
        struct text t = unsent(o, i);
        if (t.len > max - n)
            t.len = max - n;
        memcpy((char *)out + n, t.data, t.len);
        n += t.len;
    }
    return n;
}

void outbox_sent(struct outbox *o, size_t n)
{
    must(n <= o->bytes);
    o->bytes -= (uint32_t)n;
    n += o->sent_of_first;
    while (o->count > 0 && n >= frame_bytes(at(o, 0)).len) {
        struct frame *f = at(o, 0);
        n -= frame_bytes(f).len;
        frame_unref(f);
        if (o->room)
            o->first = (o->first + 1) & (o->room - 1);
        o->count--;
    }
    o->sent_of_first = (uint32_t)n; /* of a frame that is within the budget */
    if (o->count == 0)
        outbox_fini(o);
}
