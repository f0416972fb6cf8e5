#include "files/kind.h"

#include <strings.h>

#define NEAR SIZE_MAX

struct signature {
    const char *type;
    bool shown, in_text;
    size_t at, beside;
    struct text first, second;
};

static const struct signature signatures[] = {
#define KIND(type, shown, in_text, at, first, beside, second)                                      \
    {type, shown, in_text, at, beside, {first, sizeof(first) - 1}, {second, sizeof(second) - 1}},
#include "files/kind.def"
#undef KIND
};
#define SIGNATURES (sizeof signatures / sizeof signatures[0])

static bool stands_at(const struct signature *s, struct text t, size_t at, struct text what)
{
    if (at > t.len || what.len > t.len - at)
        return false;
    /* Names in a text are written in small or capital letters; a signature is not. */
    return s->in_text ? strncasecmp(t.data + at, what.data, what.len) == 0
                      : memcmp(t.data + at, what.data, what.len) == 0;
}

static bool stands_near(const struct signature *s, struct text t, struct text what)
{
    for (size_t at = 0; at < KIND_NEAR && at < t.len; at++)
        if (stands_at(s, t, at, what))
            return true;
    return false;
}

static bool fits(const struct signature *s, struct text t)
{
    return stands_at(s, t, s->at, s->first) &&
           (s->beside == NEAR ? stands_near(s, t, s->second)
                              : stands_at(s, t, s->beside, s->second));
}

/* Without the mark that some editors put before UTF-8, and without space. */
static struct text text_begin(struct text t)
{
    if (text_starts(t, TEXT("\xef\xbb\xbf")))
        t = text_after(t, 3);
    while (t.len > 0 && strchr(" \t\r\n\f", t.data[0]))
        t = text_after(t, 1);
    return t;
}

static const char *type_of(struct text begin, bool is_text)
{
    struct text t = is_text ? text_begin(begin) : begin;
    for (size_t i = 0; i < SIGNATURES; i++)
        if ((!is_text || signatures[i].in_text) && fits(&signatures[i], t))
            return signatures[i].type;
    return is_text ? "text/plain" : "application/octet-stream";
}

struct kind kind_of(struct text begin, bool is_text)
{
    static const struct {
        const char *type;
        bool (*pixels)(struct text t, struct pixels *out);
    } pictures[] = {
        {"image/png", png_pixels},   {"image/jpeg", jpeg_pixels}, {"image/gif", gif_pixels},
        {"image/webp", webp_pixels}, {"image/avif", avif_pixels},
    };
    struct kind k = {.type = type_of(begin, is_text)};
    struct pixels size = {0, 0};
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++)
        if (strcmp(k.type, pictures[i].type) == 0 && pictures[i].pixels(begin, &size) &&
            size.width > 0 && size.height > 0) {
            k.width = size.width;
            k.height = size.height;
        }
    return k;
}

bool kind_shown(struct text type)
{
    if (text_is(type, TEXT("text/plain")))
        return true;
    for (size_t i = 0; i < SIGNATURES; i++)
        if (text_is(type, text_of(signatures[i].type)))
            return signatures[i].shown;
    return false;
}

/* ---- text */

static bool has_control(struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if ((c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b) || c == 0x7f)
            return true;
    }
    return false;
}

void plain_feed(struct plain *p, struct text piece)
{
    p->broken = p->broken || has_control(piece) || !utf8_feed(&p->utf8, piece.data, piece.len);
}

bool plain_is(const struct plain *p)
{
    return !p->broken && p->utf8.need == 0;
}
