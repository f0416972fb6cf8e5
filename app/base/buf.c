#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t cap_bytes)
{
    *b = (struct buf){.cap_bytes = cap_bytes, .err = ERR_OK};
}

void buf_init_lent(struct buf *b, size_t cap_bytes, char *room, size_t room_bytes)
{
    must(room_bytes > 1);
    size_t used = room_bytes - 1; /* vsnprintf's NUL */
    *b = (struct buf){.data = room,
                      .room = used < cap_bytes ? used : cap_bytes,
                      .cap_bytes = cap_bytes,
                      .err = ERR_OK,
                      .lent = true};
}

void buf_fini(struct buf *b)
{
    if (!b->lent)
        free(b->data);
    buf_init(b, b->cap_bytes);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->err = ERR_OK;
}

/* Memory for so many bytes and vsnprintf's NUL, with the old ones in it. */
static char *larger(const struct buf *b, size_t room)
{
    if (!b->lent)
        return realloc(b->data, room + 1);
    char *data = malloc(room + 1);
    if (data && b->data)
        memcpy(data, b->data, b->len);
    return data;
}

char *buf_grow(struct buf *b, size_t len)
{
    if (b->err != ERR_OK)
        return NULL;
    if (len > b->cap_bytes || b->len > b->cap_bytes - len) {
        b->err = ERR_LIMIT;
        return NULL;
    }
    size_t room = b->room ? b->room : 64;
    while (room < b->len + len)
        room *= 2;
    if (room > b->cap_bytes)
        room = b->cap_bytes;
    char *data = larger(b, room);
    if (!data) {
        b->err = ERR_NOMEM;
        return NULL;
    }
    b->data = data;
    b->room = room;
    b->lent = false;
    return data + b->len;
}

void buf_add_int(struct buf *b, int64_t n)
{
    char digits[20], *at = digits + sizeof digits;
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (n < 0)
        *--at = '-';
    buf_add(b, at, (size_t)(digits + sizeof digits - at));
}

void buf_add_format(struct buf *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    must(len >= 0);
    char *at = buf_space(b, (size_t)len);
    if (at) {
        (void)vsnprintf(at, (size_t)len + 1, format, again);
        b->len += (size_t)len;
    }
    va_end(again);
}

struct text buf_text(const struct buf *b)
{
    return b->data ? (struct text){b->data, b->len} : TEXT_NONE;
}
