#include "accounts/names.h"

#include "accounts/fold.h"
#include "accounts/people.h"
#include "wire/utf8.h"

#include <stdio.h>

#define IN_ORDER 20  /* mira2, mira3, ... so many are tried one after the other, */
#define BY_CHANCE 20 /* then so many with six digits: a place with 5,000 people called User */

bool name_has_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool is_small(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool name_is_good(struct text name)
{
    if (name.len == 0 || name.len >= NAME_SIZE || !is_small(name.data[0]))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (!is_small(name.data[i]) &&
            (!name_has_char(name.data[i]) || (name.data[i] >= 'A' && name.data[i] <= 'Z')))
            return false;
    return true;
}

/* Letters that one letter cannot say. */
static const char *several(uint32_t c)
{
    switch (c) {
    case 0xc6:
    case 0xe6:
        return "ae";
    case 0xd8:
    case 0xf8:
        return "o";
    case 0xdf:
        return "ss";
    case 0xd0:
    case 0xf0:
    case 0x110:
    case 0x111:
        return "d";
    case 0xde:
    case 0xfe:
        return "th";
    case 0x141:
    case 0x142:
        return "l";
    case 0x152:
    case 0x153:
        return "oe";
    case 0x131:
        return "i";
    default:
        return "";
    }
}

void name_from_display(struct text display, char out[NAME_SIZE])
{
    size_t have = 0;
    uint32_t c;
    display = text_trim(display);
    while (utf8_take(&display, &c) && c != ' ' && have + 2 < NAME_SIZE) {
        uint32_t f = char_fold(c);
        const char *more = several(c);
        if (*more)
            have += text_copy(out + have, NAME_SIZE - have, text_of(more));
        else if (f < 0x80 && (is_small((char)f) || (have && name_has_char((char)f))))
            out[have++] = (char)f;
    }
    while (have && !is_small(out[have - 1]))
        have--; /* "O'Neil," and "J." end in a letter */
    out[have] = 0;
    if (have == 0)
        text_copy(out, NAME_SIZE, TEXT("user"));
}

/* base with digits after it, cut so that both fit. */
static void with_digits(const char *base, unsigned digits, char out[NAME_SIZE])
{
    char tail[16];
    int n = snprintf(tail, sizeof tail, "%u", digits);
    size_t have = text_copy(out, NAME_SIZE - (size_t)n, text_of(base));
    text_copy(out + have, NAME_SIZE - have, text_of(tail));
}

enum err name_free(struct db *db, const struct env *env, struct text display, char out[NAME_SIZE])
{
    char base[NAME_SIZE];
    name_from_display(display, base);
    text_copy(out, NAME_SIZE, text_of(base));
    for (unsigned i = 1; i <= IN_ORDER + BY_CHANCE; i++) {
        struct person taken;
        enum err e = person_by_name(db, text_of(out), &taken);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e != ERR_OK)
            return e;
        uint32_t digits = i + 1;
        if (i >= IN_ORDER) {
            env_random(env, &digits, sizeof digits);
            digits = 100000 + digits % 900000;
        }
        with_digits(base, digits, out);
    }
    return ERR_CONFLICT;
}
