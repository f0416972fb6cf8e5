#include "wire/emoji.h"

#include "wire/utf8.h"

#define JOINER 0x200du
#define VARIATION 0xfe0fu /* show it as an emoji */
#define KEYCAP 0x20e3u

static bool is_within(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

static bool is_sign(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } blocks[] = {
        {0xa9, 0xa9},       {0xae, 0xae},     {0x203c, 0x203c}, {0x2049, 0x2049},
        {0x2122, 0x2122},   {0x2139, 0x2139}, {0x2194, 0x21aa}, {0x231a, 0x23ff},
        {0x24c2, 0x24c2},   {0x25aa, 0x27bf}, {0x2934, 0x2935}, {0x2b05, 0x2b55},
        {0x3030, 0x3030},   {0x303d, 0x303d}, {0x3297, 0x3299}, {0x1f004, 0x1f251},
        {0x1f300, 0x1faff},
    };
    if (is_within(c, 0x1f1e6, 0x1f1ff)) /* half a flag */
        return false;
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++)
        if (is_within(c, blocks[i].first, blocks[i].last))
            return true;
    return false;
}

static uint32_t peek(struct text t)
{
    uint32_t c = 0;
    return utf8_take(&t, &c) ? c : 0;
}

static bool take(struct text *t, uint32_t first, uint32_t last)
{
    struct text rest = *t;
    uint32_t c;
    if (!utf8_take(&rest, &c) || !is_within(c, first, last))
        return false;
    *t = rest;
    return true;
}

static bool take_flag(struct text *t)
{
    return take(t, 0x1f1e6, 0x1f1ff) && take(t, 0x1f1e6, 0x1f1ff);
}

static bool take_key(struct text *t)
{
    if (!take(t, '0', '9') && !take(t, '#', '#') && !take(t, '*', '*'))
        return false;
    (void)take(t, VARIATION, VARIATION);
    return take(t, KEYCAP, KEYCAP);
}

static bool take_element(struct text *t)
{
    if (!is_sign(peek(*t)))
        return false;
    (void)take(t, 0, UINT32_MAX);
    if (!take(t, VARIATION, VARIATION))
        (void)take(t, 0x1f3fb, 0x1f3ff); /* skin tones */
    if (take(t, 0xe0020, 0xe007e)) {     /* tags, as of the flag of Scotland */
        while (take(t, 0xe0020, 0xe007e))
            ;
        return take(t, 0xe007f, 0xe007f);
    }
    return true;
}

static bool take_joined(struct text *t)
{
    do
        if (!take_element(t))
            return false;
    while (take(t, JOINER, JOINER));
    return true;
}

bool emoji_is_one(struct text t)
{
    struct text flag = t, key = t;
    if (t.len > EMOJI_MAX_BYTES)
        return false;
    return (take_flag(&flag) && flag.len == 0) || (take_key(&key) && key.len == 0) ||
           (take_joined(&t) && t.len == 0);
}
