#include "chat/asked.h"

#define NOTES_BYTES_MAX ((size_t)128 * 1024)

/* A piece of the query: (-)(operator:)value, value in quotes or up to a space. */
struct piece {
    bool unwanted, quoted;
    struct text value;
    size_t len; /* all of it, from its first byte */
};

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* A value that begins with a quote which is closed again ends there; others end at a space, and words at a quote too. */
static size_t read_value(struct text rest, bool words, struct piece *p)
{
    const char *close =
        rest.len > 1 && rest.data[0] == '"' ? memchr(rest.data + 1, '"', rest.len - 1) : NULL;
    p->quoted = close != NULL;
    if (close) {
        p->value = (struct text){rest.data + 1, (size_t)(close - rest.data) - 1};
        return p->value.len + 2;
    }
    size_t n = rest.len > 0;
    while (n < rest.len && !is_space(rest.data[n]) && !(words && rest.data[n] == '"'))
        n++;
    p->value = (struct text){rest.data, n};
    return n;
}

void asked_note(struct asked *a, const char *before, struct text name, const char *after)
{
    if (a->notes_count++ >= NOTES_MAX)
        return;
    buf_add_text(&a->notes, text_of(before));
    if (name.len) {
        buf_add_char(&a->notes, '"');
        buf_add_text(&a->notes, name);
        buf_add_char(&a->notes, '"');
    }
    buf_add_text(&a->notes, text_of(after));
    buf_add_char(&a->notes, '\0');
}

/* ---- operators: each takes the value, or gives it back as words (false) */

static bool add_name(struct names *names, const struct piece *p)
{
    if (names->count == NAMES_MAX)
        return false;
    names->at[names->count++] = (struct named){p->value, p->unwanted};
    return true;
}

static bool take_from(struct asked *a, const struct piece *p, int64_t zone_ms)
{
    (void)zone_ms;
    return add_name(&a->from, p);
}

static bool take_in(struct asked *a, const struct piece *p, int64_t zone_ms)
{
    (void)zone_ms;
    return add_name(&a->in, p);
}

static bool take_has(struct asked *a, const struct piece *p, int64_t zone_ms)
{
    (void)zone_ms;
    unsigned fact = text_is_nocase(p->value, TEXT("link"))   ? FACT_LINK
                    : text_is_nocase(p->value, TEXT("code")) ? FACT_CODE
                    : text_is_nocase(p->value, TEXT("file")) ? FACT_FILE
                                                             : 0;
    if (fact)
        *(p->unwanted ? &a->facts_unwanted : &a->facts) |= fact;
    else
        asked_note(a, "A message can have a link, code or a file, but not ", p->value, ".");
    a->impossible = a->impossible || (!fact && !p->unwanted);
    return true;
}

static void narrow(struct asked *a, int64_t since_ms, int64_t until_ms)
{
    if (since_ms > a->since_ms)
        a->since_ms = since_ms;
    if (until_ms < a->until_ms)
        a->until_ms = until_ms;
}

/* out: when that day begins for the asker */
static bool read_day(struct asked *a, const struct piece *p, int64_t zone_ms, int64_t *out_ms)
{
    int64_t day = day_read(p->value);
    *out_ms = day * DAY_MS - zone_ms;
    if (day >= 0 && !p->unwanted)
        return true;
    if (day < 0)
        asked_note(a, "", p->value, " is no day. Write it like 2026-11-01.");
    else
        asked_note(a, "A dash before a day means nothing; take before: or after: ", p->value, ".");
    a->impossible = true;
    return false;
}

static bool take_before(struct asked *a, const struct piece *p, int64_t zone_ms)
{
    int64_t ms;
    if (read_day(a, p, zone_ms, &ms))
        narrow(a, INT64_MIN, ms);
    return true;
}

static bool take_after(struct asked *a, const struct piece *p, int64_t zone_ms)
{
    int64_t ms;
    if (read_day(a, p, zone_ms, &ms))
        narrow(a, ms + DAY_MS, INT64_MAX);
    return true;
}

static bool take_on(struct asked *a, const struct piece *p, int64_t zone_ms)
{
    int64_t ms;
    if (read_day(a, p, zone_ms, &ms))
        narrow(a, ms, ms + DAY_MS);
    return true;
}

static const struct operator_of {
    struct text name;
    bool (*take)(struct asked *a, const struct piece *p, int64_t zone_ms);
} operators[] = {
    {{"from:", 5}, take_from},     {{"in:", 3}, take_in},       {{"has:", 4}, take_has},
    {{"before:", 7}, take_before}, {{"after:", 6}, take_after}, {{"on:", 3}, take_on},
};

/* ---- the query */

static const struct operator_of *find_operator(struct text rest)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        struct text name = operators[i].name;
        if (rest.len > name.len && text_is_nocase((struct text){rest.data, name.len}, name))
            return &operators[i];
    }
    return NULL;
}

/* The bytes that are taken; 0: there is no operator with a value, or it has enough of them. */
static size_t read_operator(struct asked *a, struct text rest, bool unwanted, int64_t zone_ms)
{
    const struct operator_of *o = find_operator(rest);
    if (!o)
        return 0;
    struct piece p = {.unwanted = unwanted};
    rest = text_after(rest, o->name.len);
    if (is_space(rest.data[0]))
        return 0;
    size_t n = read_value(rest, false, &p);
    if (!p.quoted && p.value.data[0] == '"') /* a quote that is not closed, as while typing */
        p.value = text_after(p.value, 1);
    if (p.value.len == 0 || !o->take(a, &p, zone_ms))
        return 0;
    a->filtered = true;
    return o->name.len + n;
}

static size_t read_words(struct asked *a, struct text rest, bool unwanted)
{
    struct piece p;
    size_t n = read_value(rest, true, &p);
    bool star = false;
    if (p.quoted && n < rest.len && rest.data[n] == '*') {
        star = true;
        n++;
    } else if (!p.quoted && p.value.len > 1 && p.value.data[p.value.len - 1] == '*') {
        star = true;
        p.value.len--;
    }
    if (!words_add(a->words, p.value, star ? TERM_BEGINNING : TERM_WHOLE, !unwanted))
        asked_note(a, "Three letters at least make the beginning of a word: ", p.value,
                   " was searched as a whole one.");
    return n;
}

static size_t read_piece(struct asked *a, struct text rest, int64_t zone_ms)
{
    if (is_space(rest.data[0]))
        return 1;
    size_t dash = rest.len > 1 && rest.data[0] == '-' && !is_space(rest.data[1]);
    struct text behind = text_after(rest, dash);
    size_t n = read_operator(a, behind, dash, zone_ms);
    return dash + (n ? n : read_words(a, behind, dash));
}

enum err asked_read(struct asked *a, struct text query, int64_t zone_minutes)
{
    *a =
        (struct asked){.words = words_new(TEXT_NONE), .since_ms = INT64_MIN, .until_ms = INT64_MAX};
    buf_init(&a->notes, NOTES_BYTES_MAX);
    if (!a->words)
        return ERR_NOMEM;
    while (query.len)
        query = text_after(query, read_piece(a, query, zone_minutes * 60000));
    if (a->since_ms >= a->until_ms) {
        asked_note(a, "No day is all the days that are asked for.", TEXT_NONE, "");
        a->impossible = true;
    }
    enum err e = words_err(a->words);
    return e != ERR_OK ? e : a->notes.err;
}

void asked_fini(struct asked *a)
{
    a->words = words_free(a->words);
    buf_fini(&a->notes);
}
