#include "base/frame.h"

#include "base/must.h"

#include <stdatomic.h>
#include <stdlib.h>

struct frame {
    atomic_uint refs;
    size_t len;
    char bytes[];
};

struct frame *frame_join(struct text head, struct text body)
{
    struct frame *f = malloc(sizeof *f + head.len + body.len);
    if (!f)
        return NULL;
    atomic_init(&f->refs, 1);
    f->len = head.len + body.len;
    if (head.len)
        memcpy(f->bytes, head.data, head.len);
    if (body.len)
        memcpy(f->bytes + head.len, body.data, body.len);
    return f;
}

struct frame *frame_new(struct text bytes)
{
    return frame_join(bytes, TEXT_NONE);
}

struct frame *frame_ref(struct frame *f)
{
    unsigned before = atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    must(before > 0);
    return f;
}

struct frame *frame_unref(struct frame *f)
{
    if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        free(f);
    return NULL;
}

struct text frame_bytes(const struct frame *f)
{
    return (struct text){f->bytes, f->len};
}
