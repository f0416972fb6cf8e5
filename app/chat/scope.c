#include "chat/scope.h"

#include "accounts/fold.h"
#include "accounts/people.h"
#include "files/file.h"
#include "store/db.h"
#include "wire/utf8.h"

#include <stdlib.h>

/* ---- names */

/* Without case and accents. */
static bool same_name(struct text a, struct text b)
{
    uint32_t x, y;
    bool more_a = utf8_take(&a, &x), more_b = utf8_take(&b, &y);
    while (more_a && more_b && char_fold(x) == char_fold(y)) {
        more_a = utf8_take(&a, &x);
        more_b = utf8_take(&b, &y);
    }
    return !more_a && !more_b;
}

/* #general means general too, @ana means ana. */
static struct text without_sign(struct text name, char sign)
{
    return name.len > 1 && name.data[0] == sign ? text_after(name, 1) : name;
}

static enum err read_from(struct scope *s, struct db *db, int64_t user_id)
{
    struct names *from = &s->asked->from;
    size_t wanted = 0;
    for (size_t i = 0; i < from->count; i++) {
        struct text name = without_sign(from->at[i].name, '@');
        struct person who = {.id = user_id};
        enum err e = text_is_nocase(name, TEXT("me")) ? ERR_OK : person_by_name(db, name, &who);
        wanted += !from->at[i].unwanted;
        if (e == ERR_NOT_FOUND)
            asked_note(s->asked, "Nobody is called ", name, ".");
        else if (e != ERR_OK)
            return e;
        else if (from->at[i].unwanted)
            s->from_unwanted[s->from_unwanted_count++] = who.id;
        else
            s->from[s->from_count++] = who.id;
    }
    if (wanted > 0 && s->from_count == 0)
        s->asked->impossible = true;
    return ERR_OK;
}

/* True if the room is asked for. known: notes the names that are its. */
static bool is_asked(const struct names *in, struct text room, bool known[NAMES_MAX])
{
    bool any_wanted = false, named = false, unwanted = false;
    for (size_t i = 0; i < in->count; i++) {
        struct text name = in->at[i].name;
        bool same = same_name(name, room) || same_name(without_sign(name, '#'), room);
        known[i] = known[i] || same;
        any_wanted = any_wanted || !in->at[i].unwanted;
        named = named || (same && !in->at[i].unwanted);
        unwanted = unwanted || (same && in->at[i].unwanted);
    }
    return !unwanted && (named || !any_wanted);
}

static bool add_room(struct scope *s, int64_t id)
{
    if (s->rooms_count == s->rooms_room) {
        size_t room = s->rooms_room ? s->rooms_room * 2 : 16;
        int64_t *grown = realloc(s->rooms, room * sizeof *grown);
        if (!grown)
            return false;
        s->rooms = grown;
        s->rooms_room = room;
    }
    s->rooms[s->rooms_count++] = id;
    return true;
}

static enum err read_rooms(struct scope *s, struct db *db, int64_t user_id, int64_t room_id)
{
    const struct names *in = &s->asked->in;
    bool known[NAMES_MAX] = {false};
    enum err e = ERR_OK;
    struct query *q = db_query(db, QUERY_CHAT_SEARCH_ROOMS);
    query_int(q, 1, user_id);
    while (e == ERR_OK && query_row(q)) {
        int64_t id = col_int(q, 0);
        if (is_asked(in, col_text(q, 1), known) && (room_id == 0 || id == room_id) &&
            !add_room(s, id))
            e = ERR_NOMEM;
    }
    enum err end = query_end(q);
    for (size_t i = 0; i < in->count; i++)
        if (!known[i])
            asked_note(s->asked, "You are in no room called ", without_sign(in->at[i].name, '#'),
                       ".");
    if (s->rooms_count == 0)
        s->asked->impossible = true;
    return e != ERR_OK ? e : end;
}

enum err scope_read(struct scope *s, struct db *db, struct asked *asked, int64_t user_id,
                    int64_t room_id)
{
    *s = (struct scope){.asked = asked};
    buf_init(&s->names, FILES_JSON_MAX_BYTES);
    enum err e = read_from(s, db, user_id);
    if (e == ERR_OK)
        e = read_rooms(s, db, user_id, room_id);
    return e != ERR_OK ? e : asked->notes.err;
}

void scope_fini(struct scope *s)
{
    free(s->rooms);
    buf_fini(&s->names);
    *s = (struct scope){0};
}

/* ---- the index */

static void join(struct buf *out, size_t from, const char *word)
{
    if (out->len > from)
        buf_add_text(out, text_of(word));
}

static void add_ids(struct buf *out, char kind, const int64_t *ids, size_t count)
{
    buf_add_text(out, TEXT("facts : ("));
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_add_text(out, TEXT(" OR "));
        buf_add_char(out, kind);
        buf_add_int(out, ids[i]);
    }
    buf_add_char(out, ')');
}

static void add_facts(struct buf *out, size_t from, unsigned facts, const char *word)
{
    static const struct {
        enum fact fact;
        const char *term;
    } terms[] = {{FACT_LINK, "facts : hl"}, {FACT_CODE, "facts : hc"}, {FACT_FILE, "facts : hf"}};
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++)
        if (facts & terms[i].fact) {
            join(out, from, word);
            buf_add_text(out, text_of(terms[i].term));
        }
}

static void add_wanted(const struct scope *s, bool wide, struct buf *out)
{
    const struct asked *a = s->asked;
    size_t from = out->len;
    if (wide)
        buf_add_text(out, TEXT("facts : all"));
    else
        add_ids(out, 'r', s->rooms, s->rooms_count);
    if (words_any(a->words)) {
        join(out, from, " AND ");
        buf_add_text(out, words_fts(a->words));
    }
    if (s->from_count) {
        join(out, from, " AND ");
        add_ids(out, 'a', s->from, s->from_count);
    }
    add_facts(out, from, a->facts, " AND ");
    if (a->since_ms > INT64_MIN || a->until_ms < INT64_MAX) {
        join(out, from, " AND ");
        facts_add_days(out, a->since_ms, a->until_ms);
    }
}

static void add_unwanted(const struct scope *s, struct buf *out)
{
    size_t from = out->len;
    buf_add_text(out, words_fts_unwanted(s->asked->words));
    if (s->from_unwanted_count) {
        join(out, from, " OR ");
        add_ids(out, 'a', s->from_unwanted, s->from_unwanted_count);
    }
    add_facts(out, from, s->asked->facts_unwanted, " OR ");
}

void scope_fts(const struct scope *s, bool wide, struct buf *out)
{
    buf_add_char(out, '(');
    add_wanted(s, wide, out);
    buf_add_char(out, ')');
    if (!words_any_unwanted(s->asked->words) && !s->from_unwanted_count &&
        !s->asked->facts_unwanted)
        return;
    buf_add_text(out, TEXT(" NOT ("));
    add_unwanted(s, out);
    buf_add_char(out, ')');
}

/* ---- rows */

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool has_id(const int64_t *ids, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

bool scope_has(const struct scope *s, struct query *row)
{
    int64_t room = col_int(row, 1), time_ms = col_int(row, 4);
    return time_ms >= s->asked->since_ms && time_ms < s->asked->until_ms && s->rooms_count &&
           bsearch(&room, s->rooms, s->rooms_count, sizeof room, by_number);
}

struct text scope_names(struct scope *s, struct query *row)
{
    return facts_names(col_text(row, 15), &s->names);
}

bool scope_finds(struct scope *s, struct query *row)
{
    const struct asked *a = s->asked;
    int64_t author = col_int(row, 8);
    struct text text = col_text(row, 3);
    if (!scope_has(s, row) || has_id(s->from_unwanted, s->from_unwanted_count, author) ||
        (s->from_count && !has_id(s->from, s->from_count, author)))
        return false;
    unsigned facts = a->facts || a->facts_unwanted ? facts_of(text, col_text(row, 15)) : 0;
    if ((facts & a->facts) != a->facts || (facts & a->facts_unwanted))
        return false;
    bool words = words_any(a->words) || words_any_unwanted(a->words);
    return !words || words_find(a->words, text, scope_names(s, row), NULL);
}
