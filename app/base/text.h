/* text: a borrowed piece of bytes, pointer and length, not ended by NUL. UTF-8 where it came from people. */
#ifndef SNUG_BASE_TEXT_H
#define SNUG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    const char *data;
    size_t len;
};

#define TEXT(literal) ((struct text){"" literal, sizeof(literal) - 1})
#define TEXT_NONE ((struct text){"", 0})
/* For printf: "%.*s". */
#define TEXT_ARG(t) (int)(t).len, (t).data

/* A text over a NUL-ended string; NULL gives the empty text. Borrowed from s. */
static inline struct text text_of(const char *s)
{
    return (struct text){s ? s : "", s ? strlen(s) : 0};
}

static inline bool text_is(struct text a, struct text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool text_starts(struct text a, struct text prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.data, prefix.data, prefix.len) == 0);
}

/* The rest of `t` after its first `n` bytes (n <= t.len). */
static inline struct text text_after(struct text t, size_t n)
{
    return (struct text){n ? t.data + n : t.data, t.len - n};
}

/* A NUL-ended copy, owned by the caller (free); NULL: no memory. */
char *text_dup(struct text t);

/* Copies into a char array of `size` (>= 1), cut to fit and NUL-ended; returns the bytes copied. */
size_t text_copy(char *out, size_t size, struct text t);

/* Copies the bytes to *at and moves *at behind them; returns the copy. The caller has seen to it that they fit. */
struct text text_keep(char **at, struct text t);

/* A decimal number without sign or leading zeros, 1..INT64_MAX; 0 if `t` is anything else. */
int64_t text_id(struct text t);

/* 1 to 18 digits as a number, leading zeros among them; -1 if `t` is anything else. */
int64_t text_number(struct text t);

/* A space, tab or line end. */
static inline bool byte_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A letter or digit of ASCII, or a part of any character beyond it. */
static inline bool byte_is_of_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* Makes one line of these bytes, with nothing that a terminal would obey: control characters of ASCII become spaces. */
void text_flatten(char *bytes, size_t len);

/* Without spaces, tabs and line ends at both sides. */
struct text text_trim(struct text t);

/* True if equal without regard to ASCII case. */
bool text_is_nocase(struct text a, struct text b);

/* Takes everything up to `separator` off the front of *rest; false when nothing is left. What ends with a separator
 * has one more, empty part; so has the empty text. */
bool text_split(struct text *rest, char separator, struct text *out_part);

#endif
