#include "chat/words.h"

#include "accounts/fold.h"
#include "wire/utf8.h"

#include <stdlib.h>

#define TERMS_MAX 64 /* further ones are not looked for */

/* One word of a text: where it stands in characters, and its folded bytes. */
struct word {
    uint32_t start, end;
    uint32_t at, len;
};

struct word_list {
    struct buf folded;
    struct word *words;
    size_t count, room;
};

struct term {
    size_t first, count; /* words of the query */
    bool wanted, beginning;
};

struct words {
    struct word_list query, text;
    struct term terms[TERMS_MAX];
    size_t terms_count, wanted_count;
    struct buf fts, fts_unwanted;
    enum err err;
};

/* ---- lists of words */

static bool list_room(struct word_list *l)
{
    if (l->count < l->room)
        return true;
    size_t room = l->room ? l->room * 2 : 64;
    struct word *grown = realloc(l->words, room * sizeof *grown);
    if (!grown)
        return false;
    l->words = grown;
    l->room = room;
    return true;
}

static void add_folded(struct buf *out, uint32_t c)
{
    if (c < 0x80) {
        buf_add_char(out, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
        return;
    }
    char bytes[4];
    buf_add(out, bytes, utf8_encode(char_fold(c), bytes));
}

/* Appends the words of `text`. False: no memory. */
static bool list_add(struct word_list *l, struct text text)
{
    bool inside = false;
    uint32_t c;
    for (uint32_t at = 0; utf8_take(&text, &c); at++) {
        bool letter = char_in_word(c) || (inside && char_is_accent(c));
        if (letter && !inside) {
            if (!list_room(l))
                return false;
            l->words[l->count++] = (struct word){.start = at, .at = (uint32_t)l->folded.len};
        }
        if (letter) {
            struct word *w = &l->words[l->count - 1];
            if (!char_is_accent(c))
                add_folded(&l->folded, c);
            w->end = at + 1;
            w->len = (uint32_t)l->folded.len - w->at;
        }
        inside = letter;
    }
    return l->folded.err == ERR_OK;
}

/* ---- the query */

/* What FTS5 reads as a string: a quote inside a word stands for nothing. */
static void add_string(struct buf *fts, struct text raw)
{
    buf_add_char(fts, '"');
    for (size_t i = 0; i < raw.len; i++)
        if (raw.data[i] == '"')
            buf_add_char(fts, ' ');
        else
            buf_add_char(fts, raw.data[i]);
    buf_add_char(fts, '"');
}

bool words_add(struct words *w, struct text raw, enum term_how how, bool wanted)
{
    size_t first = w->query.count;
    if (w->terms_count == TERMS_MAX)
        return true;
    if (!list_add(&w->query, raw)) {
        w->err = ERR_NOMEM;
        return true;
    }
    if (w->query.count == first)
        return true; /* signs only */
    bool beginning =
        how == TERM_BEGINNING && w->query.words[w->query.count - 1].len >= BEGINNING_BYTES_MIN;
    w->terms[w->terms_count++] = (struct term){first, w->query.count - first, wanted, beginning};
    w->wanted_count += wanted;
    struct buf *fts = wanted ? &w->fts : &w->fts_unwanted;
    if (fts->len)
        buf_add_text(fts, wanted ? TEXT(" AND ") : TEXT(" OR "));
    buf_add_text(fts, TEXT("text : "));
    add_string(fts, raw);
    if (beginning)
        buf_add_text(fts, TEXT(" *"));
    return beginning || how != TERM_BEGINNING;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* A quote that is closed again holds one term; other terms end at spaces. */
static void read_query(struct words *w, struct text query)
{
    while (query.len) {
        const char *close =
            query.data[0] == '"' ? memchr(query.data + 1, '"', query.len - 1) : NULL;
        size_t n = 0;
        if (close) {
            n = (size_t)(close - query.data) + 1;
            (void)words_add(w, (struct text){query.data + 1, n - 2}, TERM_WHOLE, true);
        } else if (is_space(query.data[0])) {
            n = 1;
        } else {
            n = 1;
            while (n < query.len && !is_space(query.data[n]) && query.data[n] != '"')
                n++;
            (void)words_add(w, (struct text){query.data, n}, TERM_WHOLE, true);
        }
        query = text_after(query, n);
    }
}

struct words *words_new(struct text query)
{
    struct words *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    buf_init(&w->query.folded, (size_t)16 * QUERY_CHARS_MAX);
    buf_init(&w->text.folded, (size_t)1024 * 1024);
    buf_init(&w->fts, (size_t)16 * QUERY_CHARS_MAX);
    buf_init(&w->fts_unwanted, (size_t)16 * QUERY_CHARS_MAX);
    read_query(w, query);
    if (words_err(w) == ERR_OK)
        return w;
    return words_free(w);
}

struct words *words_free(struct words *w)
{
    if (!w)
        return NULL;
    buf_fini(&w->query.folded);
    buf_fini(&w->text.folded);
    buf_fini(&w->fts);
    buf_fini(&w->fts_unwanted);
    free(w->query.words);
    free(w->text.words);
    free(w);
    return NULL;
}

bool words_any(const struct words *w)
{
    return w->wanted_count > 0;
}

bool words_any_unwanted(const struct words *w)
{
    return w->terms_count > w->wanted_count;
}

struct text words_fts(const struct words *w)
{
    return buf_text(&w->fts);
}

struct text words_fts_unwanted(const struct words *w)
{
    return buf_text(&w->fts_unwanted);
}

enum err words_err(const struct words *w)
{
    return w->err != ERR_OK ? w->err : w->fts.err != ERR_OK ? w->fts.err : w->fts_unwanted.err;
}

/* ---- finding */

static bool same(const struct words *w, const struct word *asked, const struct word *there,
                 bool beginning)
{
    return (beginning ? asked->len <= there->len : asked->len == there->len) &&
           memcmp(w->query.folded.data + asked->at, w->text.folded.data + there->at, asked->len) ==
               0;
}

static bool term_at(const struct words *w, const struct term *t, size_t at)
{
    if (t->count > w->text.count - at)
        return false;
    for (size_t i = 0; i < t->count; i++)
        if (!same(w, &w->query.words[t->first + i], &w->text.words[at + i],
                  t->beginning && i == t->count - 1))
            return false;
    return true;
}

/* The words that the longest wanted term covers from `at` on; counts every term that begins there. 0: none. */
static size_t terms_at(const struct words *w, size_t at, unsigned found[TERMS_MAX])
{
    size_t longest = 0;
    for (size_t i = 0; i < w->terms_count; i++)
        if (term_at(w, &w->terms[i], at)) {
            found[i]++;
            if (w->terms[i].wanted && w->terms[i].count > longest)
                longest = w->terms[i].count;
        }
    return longest;
}

/* False: no memory. *out_own: how many of the words are of `text`. */
static bool read_text(struct words *w, struct text text, struct text below, size_t *out_own)
{
    w->text.count = 0;
    buf_clear(&w->text.folded);
    bool good = list_add(&w->text, text);
    *out_own = w->text.count;
    if (good && list_add(&w->text, below))
        return true;
    w->err = ERR_NOMEM;
    return false;
}

static void add_mark(struct buf *marks, unsigned n, uint32_t start, uint32_t end)
{
    buf_add_format(marks, "%s[%u,%u]", n ? "," : "", start, end - start);
}

bool words_find(struct words *w, struct text text, struct text below, struct buf *marks)
{
    unsigned found[TERMS_MAX] = {0};
    size_t own;
    if (!read_text(w, text, below, &own))
        return false;
    unsigned n = 0;
    uint32_t marked_to = 0;
    if (marks)
        buf_add_char(marks, '[');
    for (size_t at = 0; at < w->text.count; at++) {
        size_t covered = terms_at(w, at, found);
        if (covered == 0 || !marks || n == MARKS_MAX || at + covered > own ||
            w->text.words[at].start < marked_to)
            continue;
        marked_to = w->text.words[at + covered - 1].end;
        add_mark(marks, n++, w->text.words[at].start, marked_to);
    }
    if (marks)
        buf_add_char(marks, ']');
    for (size_t i = 0; i < w->terms_count; i++)
        if ((found[i] > 0) != w->terms[i].wanted)
            return false;
    return w->terms_count > 0;
}

double words_rank(struct words *w, struct text text, struct text below)
{
    static const double k1 = 1.2, b = 0.75, usual = 20;
    unsigned found[TERMS_MAX] = {0};
    size_t own;
    if (!read_text(w, text, below, &own))
        return 0;
    for (size_t at = 0; at < w->text.count; at++)
        (void)terms_at(w, at, found);
    double length = k1 * (1 - b + b * (double)w->text.count / usual), rank = 0;
    for (size_t i = 0; i < w->terms_count; i++)
        if (w->terms[i].wanted)
            rank += found[i] * (k1 + 1) / (found[i] + length);
    return rank;
}
