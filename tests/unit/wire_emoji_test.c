/* Guards: what may stand below a message is one emoji and no word, however it is put together. */
#include "wire/emoji.h"

#include "unit.h"

/* Two people with skin tones and a kiss: 35 bytes. */
#define LONGEST                                                                                    \
    "\xf0\x9f\x91\xa9\xf0\x9f\x8f\xbd\xe2\x80\x8d\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d"             \
    "\xf0\x9f\x92\x8b\xe2\x80\x8d\xf0\x9f\x91\xa8\xf0\x9f\x8f\xbd"
/* A flag with tags. */
#define SCOTLAND                                                                                   \
    "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7\xf3\xa0\x81\xa2\xf3\xa0\x81\xb3\xf3\xa0\x81\xa3"             \
    "\xf3\xa0\x81\xb4\xf3\xa0\x81\xbf"

/* source: emoji-test.txt of Unicode 15, one of each kind */
static void one_emoji_of_each_kind(void)
{
    static const char *const one[] = {
        "\xf0\x9f\x91\x8d",                                         /* thumbs up */
        "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",                         /* with a skin tone */
        "\xe2\x9d\xa4\xef\xb8\x8f",                                 /* red heart */
        "\xe2\x9d\xa4",                                             /* without variation */
        "\xe2\x9c\x85",                                             /* check mark */
        "\xc2\xa9\xef\xb8\x8f",                                     /* copyright */
        "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",                         /* a flag */
        "7\xef\xb8\x8f\xe2\x83\xa3",                                /* a key */
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",             /* joined: woman, computer */
        "\xf0\x9f\x8f\xb3\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x8c\x88", /* rainbow flag */
        LONGEST,
        SCOTLAND,
    };
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++)
        CHECK_INT(emoji_is_one(text_of(one[i])), true);
}

static void anything_else_is_refused(void)
{
    static const char *const other[] = {
        "",
        "a",
        "7",
        "ok",
        ":+1:",
        "\xc3\xa4",                         /* a letter */
        "\xef\xb8\x8f",                     /* a variation alone */
        "\xe2\x80\x8d",                     /* a joiner alone */
        "\xf0\x9f\x87\xa9",                 /* half a flag */
        "\xf0\x9f\x91\x8d\xf0\x9f\x91\x8d", /* two */
        "\xf0\x9f\x91\x8d ",                /* and a space */
        "\xf0\x9f\x91\xa9\xe2\x80\x8d",     /* joined to nothing */
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\x61", /* joined to a letter */
        "\xf0\x9f\x8f\xb4\xf3\xa0\x81\xa7", /* tags without an end */
        "\xf0\x9f\x91",                     /* cut */
        "7\xef\xb8\x8f",                    /* a key without its cap */
    };
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        CHECK_INT(emoji_is_one(text_of(other[i])), false);
    char chain[7 * 12 + 4] = ""; /* joined and joined again, over the bound */
    size_t len = 0;
    for (unsigned i = 0; i < 12; i++, len += 7)
        memcpy(chain + len, "\xf0\x9f\x91\xa9\xe2\x80\x8d", 7);
    memcpy(chain + len, "\xf0\x9f\x91\xa9", 4);
    CHECK_INT(emoji_is_one((struct text){chain, 4 + 7 * 8}), true);
    CHECK_INT(emoji_is_one((struct text){chain, sizeof chain}), false);
}

UNIT("wire/emoji", CASE(one_emoji_of_each_kind), CASE(anything_else_is_refused))
