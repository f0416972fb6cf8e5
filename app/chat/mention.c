#include "accounts/fold.h"
#include "accounts/names.h"
#include "chat/inside.h"
#include "store/db.h"
#include "wire/utf8.h"

/* A letter or digit before or after: the name is inside a word. Scripts that are written without spaces do not count:
 * there a name may follow a word at once. */
static bool joins(struct text t, size_t at, bool before)
{
    if (before) {
        if (at == 0)
            return false;
        do
            at--;
        while (at > 0 && ((unsigned char)t.data[at] & 0xc0) == 0x80);
    }
    struct text rest = text_after(t, at);
    uint32_t c;
    if (!utf8_take(&rest, &c))
        return false;
    return c == '_' || (before && c == '@') || (c < 0x1100 && char_in_word(c));
}

bool mention_next(struct text text, size_t *at, char out[NAME_SIZE])
{
    const char *sign;
    for (size_t i = *at; (sign = memchr(text.data + i, '@', text.len - i)) != NULL; i++) {
        i = (size_t)(sign - text.data);
        if (joins(text, i, true))
            continue;
        size_t end = i + 1;
        while (end < text.len && name_has_char(text.data[end]))
            end++;
        size_t len = end - i - 1;
        if (len == 0 || joins(text, end, false))
            continue;
        *at = end;
        len = text_copy(out, NAME_SIZE, (struct text){text.data + i + 1, len});
        for (size_t k = 0; k < len; k++)
            if (out[k] >= 'A' && out[k] <= 'Z')
                out[k] = (char)(out[k] + ('a' - 'A'));
        return true;
    }
    *at = text.len;
    return false;
}

/* How often one text may make the writer look for a name: some thousand names of signs would keep everybody waiting. */
#define LOOKS_MAX 200

/* The member of that name; else of a shorter one that ends before a sign: "@ana." and "@ana.b" may mean ana.
 * out: 0: nobody. looks: how many are left */
static enum err find_member(struct db *db, int64_t room_id, char name[NAME_SIZE], unsigned *looks,
                            int64_t *out_id)
{
    *out_id = 0;
    size_t len = strlen(name);
    while (len > 0 && *looks > 0) {
        --*looks;
        struct query *q = db_query(db, QUERY_CHAT_MENTION_PERSON);
        query_int(q, 1, room_id);
        query_text(q, 2, (struct text){name, len});
        if (query_row(q))
            *out_id = col_int(q, 0);
        enum err e = query_end(q);
        if (e != ERR_OK || *out_id)
            return e;
        do /* to before the last sign */
            len--;
        while (len > 0 && name[len] != '.' && name[len] != '-');
    }
    return ERR_OK;
}

struct named {
    int64_t users[MENTIONS_MAX];
    size_t count;
};

static bool is_named(const struct named *n, int64_t user_id)
{
    for (size_t i = 0; i < n->count; i++)
        if (n->users[i] == user_id)
            return true;
    return false;
}

/* Whom a text names, each once: members, and not its author. */
static enum err find_named(struct db *db, const struct post *p, struct named *out)
{
    char name[NAME_SIZE];
    size_t at = 0;
    unsigned looks = LOOKS_MAX;
    out->count = 0;
    for (unsigned n = 0; n < MENTIONS_MAX && mention_next(p->text, &at, name); n++) {
        int64_t user_id = 0;
        enum err e = find_member(db, p->room_id, name, &looks, &user_id);
        if (e != ERR_OK)
            return e;
        if (user_id != 0 && user_id != p->author_id && !is_named(out, user_id))
            out->users[out->count++] = user_id;
    }
    return ERR_OK;
}

static enum err insert(struct db *db, int64_t room_id, int64_t user_id, int64_t told_offset,
                       int64_t offset)
{
    struct query *q = db_query(db, QUERY_CHAT_MENTION_INSERT);
    query_int(q, 1, user_id);
    query_int(q, 2, room_id);
    query_int(q, 3, told_offset);
    query_int(q, 4, offset);
    return query_run(q);
}

enum err mentions_insert(struct db *db, const struct post *p, uint64_t offset)
{
    struct named now;
    enum err e = find_named(db, p, &now);
    for (size_t i = 0; e == ERR_OK && i < now.count; i++)
        e = insert(db, p->room_id, now.users[i], (int64_t)offset, (int64_t)offset);
    return e;
}

static enum err read_named(struct db *db, int64_t room_id, int64_t offset, struct named *out)
{
    out->count = 0;
    struct query *q = db_query(db, QUERY_CHAT_MENTION_OF_MESSAGE);
    query_int(q, 1, room_id);
    query_int(q, 2, offset);
    while (out->count < MENTIONS_MAX && query_row(q))
        out->users[out->count++] = col_int(q, 0);
    return query_end(q);
}

static enum err forget(struct db *db, int64_t room_id, int64_t user_id, int64_t offset)
{
    struct query *q = db_query(db, QUERY_CHAT_MENTION_DELETE);
    query_int(q, 1, user_id);
    query_int(q, 2, room_id);
    query_int(q, 3, offset);
    return query_run(q);
}

enum err mentions_change(struct db *db, const struct post *p, int64_t offset, uint64_t told_offset)
{
    struct named before, now;
    enum err e = read_named(db, p->room_id, offset, &before);
    if (e == ERR_OK)
        e = find_named(db, p, &now);
    for (size_t i = 0; e == ERR_OK && i < before.count; i++)
        if (!is_named(&now, before.users[i]))
            e = forget(db, p->room_id, before.users[i], offset);
    for (size_t i = 0; e == ERR_OK && i < now.count; i++)
        if (!is_named(&before, now.users[i]))
            e = insert(db, p->room_id, now.users[i], (int64_t)told_offset, offset);
    return e;
}
