#include "wire/emoji_names.h"

#include <stdio.h>

static const struct named {
    const char *name, *emoji;
    bool toned; /* it may have a skin tone */
} names[] = {
#define EMOJI(name, emoji) {name, emoji, false},
#define TONED(name, emoji) {name, emoji, true},
#include "wire/emoji_names.def"
#undef EMOJI
#undef TONED
};

static const struct {
    const char *slack, *mattermost, *tone;
} tones[] = {
    {"::skin-tone-2", "_light_skin_tone", "\U0001f3fb"},
    {"::skin-tone-3", "_medium_light_skin_tone", "\U0001f3fc"},
    {"::skin-tone-4", "_medium_skin_tone", "\U0001f3fd"},
    {"::skin-tone-5", "_medium_dark_skin_tone", "\U0001f3fe"},
    {"::skin-tone-6", "_dark_skin_tone", "\U0001f3ff"},
};

static const struct named *find(struct text name)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (text_is(name, text_of(names[i].name)))
            return &names[i];
    return NULL;
}

static bool take_end(struct text *t, struct text end)
{
    if (t->len <= end.len || !text_is(text_after(*t, t->len - end.len), end))
        return false;
    t->len -= end.len;
    return true;
}

/* The tone stands behind the first sign, instead of the variation that may be there. */
static void write_toned(const char *emoji, const char *tone, char out[EMOJI_MAX_BYTES + 1])
{
    static const char variation[] = "\ufe0f";
    size_t first = (unsigned char)emoji[0] >= 0xf0 ? 4 : 3;
    const char *rest = emoji + first;
    if (text_starts(text_of(rest), text_of(variation)))
        rest += sizeof variation - 1;
    (void)snprintf(out, EMOJI_MAX_BYTES + 1, "%.*s%s%s", (int)first, emoji, tone, rest);
}

bool emoji_of_name(struct text name, char out[EMOJI_MAX_BYTES + 1])
{
    const struct named *known = find(name);
    if (known) {
        text_copy(out, EMOJI_MAX_BYTES + 1, text_of(known->emoji));
        return true;
    }
    for (size_t i = 0; i < sizeof tones / sizeof tones[0]; i++) {
        struct text plain = name;
        if (!take_end(&plain, text_of(tones[i].slack)) &&
            !take_end(&plain, text_of(tones[i].mattermost)))
            continue;
        known = find(plain);
        if (!known || !known->toned)
            continue; /* "medium_light" ends with "light" too */
        write_toned(known->emoji, tones[i].tone, out);
        return true;
    }
    return false;
}
