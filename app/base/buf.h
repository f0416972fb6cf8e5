/* buf: bytes that grow up to a cap. An error sticks: append as you like, ask once at the end.
 *
 * Invariant: len <= cap_bytes; after a failed append `err` says why and later appends do nothing. */
#ifndef SNUG_BASE_BUF_H
#define SNUG_BASE_BUF_H

#include "base/err.h"
#include "base/must.h"
#include "base/text.h"

struct buf {
    char *data;
    size_t len;
    size_t room;
    size_t cap_bytes;
    enum err err; /* ERR_OK, ERR_LIMIT (over the cap), ERR_NOMEM */
    bool lent;    /* data is the caller's memory, not the buffer's */
};

/* An empty buffer for at most cap_bytes; allocates nothing yet. */
void buf_init(struct buf *b, size_t cap_bytes);

/* The same, that begins in `room`, memory of the caller's (a local array, one byte more than is used of it): nothing is allocated as
 * long as that is enough. The bytes are gone with it, and with buf_fini. */
void buf_init_lent(struct buf *b, size_t cap_bytes, char *room, size_t room_bytes);

/* Frees the bytes; the buffer is empty again with the same cap. */
void buf_fini(struct buf *b);

/* Forgets the bytes and the error, keeps the memory. */
void buf_clear(struct buf *b);

/* For buf_space: where the room is not there yet. */
char *buf_grow(struct buf *b, size_t len);

/* Makes room for `len` more bytes and returns where they go (call buf_grown after writing); NULL: see err. */
static inline char *buf_space(struct buf *b, size_t len)
{
    bool fits = b->data && b->err == ERR_OK && len <= b->room - b->len;
    return fits ? b->data + b->len : buf_grow(b, len);
}

static inline void buf_grown(struct buf *b, size_t len)
{
    must(b->len + len <= b->room);
    b->len += len;
}

static inline void buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    char *at = buf_space(b, len);
    if (at) {
        memcpy(at, bytes, len);
        b->len += len;
    }
}

static inline void buf_add_text(struct buf *b, struct text t)
{
    buf_add(b, t.data, t.len);
}

static inline void buf_add_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_add_format(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_int(struct buf *b, int64_t n);

/* What is in it. Borrowed until the next change. */
struct text buf_text(const struct buf *b);

#endif
