#include "upkeep/put_inside.h"

#include "accounts/names.h"
#include "chat/mention.h"
#include "chat/post.h"
#include "store/db.h"
#include "wire/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#define NEVER_MS INT64_C(253402300799000) /* a key that does not expire: the year 9999 */
#define KEY_KEEP_MS (INT64_C(30) * 24 * 3600 * 1000)
#define KEY_MAX 64
#define GENERAL_ID 1

enum err put_bad(struct put *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(p->why, sizeof p->why, format, args);
    va_end(args);
    return ERR_BAD_REQUEST;
}

int64_t put_time(const struct put *p)
{
    return p->item.time_ms ? p->item.time_ms : env_wall_ms(p->env);
}

struct text put_characters(struct text t, size_t max)
{
    struct text rest = t;
    uint32_t c;
    for (size_t n = 0; n < max && utf8_take(&rest, &c); n++)
        ;
    return text_trim((struct text){t.data, t.len - rest.len});
}

struct text put_setting(const struct put *p, const char *kind, struct text name,
                        char out[PUT_NAME_BYTES])
{
    int n = snprintf(out, PUT_NAME_BYTES, "import %s %s %.*s", p->item.source, kind,
                     (int)(name.len > 300 ? 300 : name.len), name.data);
    return (struct text){out, (size_t)n};
}

enum err put_remember(struct db *db, struct text setting, int64_t id)
{
    char value[24];
    int n = snprintf(value, sizeof value, "%lld", (long long)id);
    struct query *q = db_query(db, QUERY_STORE_SETTING_PUT);
    query_text(q, 1, setting);
    query_text(q, 2, (struct text){value, (size_t)n});
    return query_run(q);
}

enum err put_find_person(struct db *db, const struct put *p, struct text name, struct person *out)
{
    char setting[PUT_NAME_BYTES];
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_USER);
    query_text(q, 1, put_setting(p, "user", name, setting));
    bool found = query_row(q);
    if (found)
        person_read(q, out);
    enum err e = query_end(q);
    return e != ERR_OK ? e : found ? ERR_OK : ERR_NOT_FOUND;
}

enum err put_need_person(struct db *db, struct put *p, enum item_text which, const char *what,
                         struct person *out)
{
    enum err e = put_find_person(db, p, put_text(p, which), out);
    return e != ERR_NOT_FOUND
               ? e
               : put_bad(p, "%s %.100s is not among the people.", what,
                         put_text(p, which).len ? put_text(p, which).data : "(none)");
}

/* ---- people */

static enum err insert_person(struct db *db, struct put *p, struct text name, int64_t *out_id)
{
    struct text display = put_characters(put_text(p, ITEM_DISPLAY), 80);
    struct query *q = db_query(db, QUERY_ACCOUNTS_USER_INSERT);
    query_text(q, 1, name);
    query_text(q, 2, display.len ? display : name);
    query_text(q, 3, put_text(p, ITEM_ROLE));
    query_text(q, 4, TEXT_NONE); /* nobody logs in with it */
    query_int(q, 5, put_time(p));
    enum err e = query_run(q);
    if (e != ERR_OK)
        return e;
    *out_id = db_last_id(db);
    if (p->item.away) {
        q = db_query(db, QUERY_UPKEEP_IMPORT_USER_AWAY);
        query_int(q, 1, *out_id);
        e = query_run(q);
    }
    p->fresh = true;
    return e;
}

/* As names are here; what is too long stays so. */
static struct text small_letters(struct text t, char out[NAME_SIZE])
{
    if (t.len >= NAME_SIZE)
        return t;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return (struct text){out, t.len};
}

/* Of the same name: the same person; but no agent is a person, and no person an agent. */
static enum err choose_person(struct db *db, struct put *p, int64_t *out_id)
{
    char small[NAME_SIZE];
    struct text name = small_letters(put_text(p, ITEM_NAME), small);
    bool agent = text_is(put_text(p, ITEM_ROLE), TEXT("agent"));
    char free_name[NAME_SIZE];
    struct person there;
    *out_id = 0;
    bool good = name_is_good(name);
    enum err e = good ? person_by_name(db, name, &there) : ERR_NOT_FOUND;
    if (e == ERR_OK && (strcmp(there.role, "agent") == 0) == agent) {
        *out_id = there.id;
        return ERR_OK;
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND && good)
        return insert_person(db, p, name, out_id);
    e = name_free(db, p->env, name.len ? name : put_text(p, ITEM_DISPLAY), free_name);
    if (e == ERR_CONFLICT)
        return put_bad(p, "no name like %.60s is free.", put_text(p, ITEM_NAME).data);
    p->renamed = true;
    return e == ERR_OK ? insert_person(db, p, text_of(free_name), out_id) : e;
}

/* Somebody who was erased in the source. In their own place they are found; elsewhere they become nobody with a number of
 * that place: two of them are never one. */
static enum err choose_erased(struct db *db, struct put *p, int64_t *out_id)
{
    struct person there;
    enum err e = person_by_name(db, put_text(p, ITEM_NAME), &there);
    if (e == ERR_OK && person_is_erased(&there) && there.created_ms == p->item.time_ms) {
        *out_id = there.id;
        return ERR_OK;
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    p->item.texts[ITEM_DISPLAY] = TEXT(ERASED_DISPLAY);
    p->item.texts[ITEM_ROLE] = TEXT("member");
    e = insert_person(db, p, TEXT("-"), out_id);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_ERASED_NAME);
    query_int(q, 1, *out_id);
    e = query_run(q);
    if (e != ERR_OK)
        return e;
    q = db_query(db, QUERY_UPKEEP_IMPORT_ERASED);
    query_int(q, 1, *out_id);
    query_int(q, 2, env_wall_ms(p->env));
    return query_run(q);
}

static enum err put_user(struct db *db, struct put *p)
{
    char setting[PUT_NAME_BYTES];
    struct person known;
    struct text role = put_text(p, ITEM_ROLE);
    if (!text_is(role, TEXT("admin")) && !text_is(role, TEXT("member")) &&
        !text_is(role, TEXT("agent")))
        return put_bad(p, "the role must be admin, member or agent.");
    enum err e = put_find_person(db, p, put_text(p, ITEM_OF_USER), &known);
    if (e != ERR_NOT_FOUND)
        return e;
    int64_t id = 0;
    e = p->item.erased ? choose_erased(db, p, &id) : choose_person(db, p, &id);
    if (e == ERR_OK) {
        struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_USER_TAKE);
        query_int(q, 1, id);
        query_int(q, 2, put_time(p));
        query_int(q, 3, p->item.seen_ms);
        e = query_run(q);
    }
    /* Our own exports say who is in which room; others know no room that everybody is in. */
    if (e == ERR_OK && strcmp(p->item.source, "snug") != 0)
        e = put_add_member(db, &(struct membership){GENERAL_ID, id, .since_ms = put_time(p)});
    return e == ERR_OK
               ? put_remember(db, put_setting(p, "user", put_text(p, ITEM_OF_USER), setting), id)
               : e;
}

/* ---- messages */

/* How many bytes of it fit into one message, and where the last line and the last word of them end. */
static size_t fitting(struct text t, size_t *out_line, size_t *out_word)
{
    struct text at = t;
    size_t characters = 0, bytes = 0;
    *out_line = *out_word = 0;
    while (at.len > 0) {
        struct text next = at;
        uint32_t c;
        if (!utf8_take(&next, &c))
            break;
        size_t size = at.len - next.len;
        bytes += c < 0x20 ? (c == '\n' || c == '\t' ? 2 : 6) : c == '"' || c == '\\' ? 2 : size;
        if (++characters > PUT_TEXT_CHARACTERS || bytes > PUT_TEXT_JSON_BYTES)
            break;
        at = next;
        if (c == '\n')
            *out_line = t.len - at.len;
        else if (c == ' ')
            *out_word = t.len - at.len;
    }
    return t.len - at.len;
}

bool put_cut(struct text *rest, struct text *out_piece)
{
    size_t line, word;
    if (text_trim(*rest).len == 0)
        return false;
    size_t len = fitting(*rest, &line, &word);
    if (len < rest->len) {
        *rest = text_trim(*rest);
        len = fitting(*rest, &line, &word);
    }
    if (len == 0)
        return false; /* not UTF-8 */
    if (len == rest->len) {
        *out_piece = *rest;
        *rest = TEXT_NONE;
        return true;
    }
    if (line > len - len / 4)
        len = line;
    else if (word > len - len / 4)
        len = word;
    *out_piece = text_trim((struct text){rest->data, len});
    *rest = text_trim(text_after(*rest, len));
    return true;
}

/* "slack:C1:17.5", and "slack:C1:17.5#2" for a second piece. */
static struct text key_of(const struct put *p, struct text id, unsigned piece,
                          char out[PUT_NAME_BYTES])
{
    char number[16] = "";
    if (piece > 1)
        (void)snprintf(number, sizeof number, "#%u", piece);
    int n = snprintf(out, PUT_NAME_BYTES, "%s:%.*s%s", p->item.source,
                     (int)(id.len > 300 ? 300 : id.len), id.data, number);
    return (struct text){out, (size_t)n};
}

enum err put_find(struct db *db, const struct put *p, struct text id, struct put_found *out)
{
    char key[PUT_NAME_BYTES];
    *out = (struct put_found){0};
    if (id.len == 0)
        return ERR_OK;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_MESSAGE);
    query_text(q, 1, key_of(p, id, 1, key));
    if (query_row(q))
        *out = (struct put_found){col_int(q, 0), col_int(q, 1), col_int(q, 2)};
    return query_end(q);
}

static enum err add_key(struct db *db, int64_t author_id, struct text key,
                        const struct posted *posted, int64_t time_ms)
{
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_KEY);
    query_int(q, 1, author_id);
    query_text(q, 2, key);
    query_int(q, 3, posted->message_id);
    query_int(q, 4, (int64_t)posted->event.offset);
    query_int(q, 5, time_ms);
    return query_run(q);
}

enum err put_name(struct db *db, const struct put *p, struct text name, int64_t message_id,
                  int64_t offset)
{
    char key[PUT_NAME_BYTES];
    const struct posted posted = {.message_id = message_id, .event.offset = (uint64_t)offset};
    return add_key(db, 0, key_of(p, name, 1, key), &posted, NEVER_MS);
}

/* Our own export comes back to where it was written: "12.1700000000000" is message 12 of that time, with that key. 0: it is not. */
static enum err find_own(struct db *db, const struct put *p, int64_t *out_id)
{
    struct text id = put_text(p, ITEM_ID), number;
    *out_id = 0;
    if (strcmp(p->item.source, "snug") != 0 || !text_split(&id, '.', &number))
        return ERR_OK;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_MESSAGE_OWN);
    query_int(q, 1, text_id(number));
    query_int(q, 2, p->item.time_ms);
    query_text(q, 3, put_text(p, ITEM_KEY));
    return query_number(q, out_id);
}

/* And is known by that name from now on. */
static enum err is_own(struct db *db, const struct put *p, bool *out_is)
{
    int64_t found;
    enum err e = find_own(db, p, &found);
    *out_is = found != 0;
    return e == ERR_OK && found ? put_name(db, p, put_text(p, ITEM_ID), found, 0) : e;
}

enum err put_is_there(struct db *db, const struct put *p, bool *out_is)
{
    struct put_found there;
    int64_t own = 0;
    enum err e = put_find(db, p, put_text(p, ITEM_ID), &there);
    if (e == ERR_OK && !there.id)
        e = find_own(db, p, &own);
    *out_is = there.id || own;
    return e;
}

static enum err put_piece(struct db *db, struct put *p, const struct post *post,
                          const struct person *author, unsigned piece, int64_t *out_id)
{
    char name[PUT_NAME_BYTES];
    struct posted posted = {0};
    struct text own = key_of(p, put_text(p, ITEM_ID), piece, name);
    struct post this = *post;
    if (piece > 1 || this.key.len == 0 || this.key.len > KEY_MAX)
        this.key = own.len > KEY_MAX ? (struct text){own.data + own.len - KEY_MAX, KEY_MAX} : own;
    enum err e = post_place(db, &this, p->item.time_ms, &posted);
    if (e == ERR_BAD_REQUEST && posted.fault)
        e = put_bad(p, "%s", posted.fault);
    if (e == ERR_OK)
        e = add_key(db, 0, own, &posted, NEVER_MS);
    /* A page that still waits for its acknowledgement sends the same key again. */
    if (e == ERR_OK && !person_is_erased(author) &&
        p->item.time_ms > env_wall_ms(p->env) - KEY_KEEP_MS)
        e = add_key(db, this.author_id, this.key, &posted, p->item.time_ms);
    *out_id = posted.message_id;
    room_event_fini(&posted.event);
    return e;
}

/* The message is the answer of its run, which came before it. */
static enum err tell_run(struct db *db, const struct put *p)
{
    struct put_found answer;
    enum err e = put_find(db, p, put_text(p, ITEM_ID), &answer);
    if (e != ERR_OK)
        return e;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_RUN_ANSWER);
    query_text(q, 1, put_text(p, ITEM_RUN_ID));
    query_int(q, 2, answer.room_id);
    query_int(q, 3, answer.id);
    return query_run(q);
}

/* As many messages as its text needs; its files, and what stands below it, are of the first. */
static enum err put_pieces(struct db *db, struct put *p, const struct post *like,
                           const struct person *author)
{
    struct post post = *like;
    int64_t ids[FILES_OF_MESSAGE_MAX], id = 0, first_id = 0;
    struct text rest = put_text(p, ITEM_WORDS);
    unsigned piece = 0;
    size_t files = 0;
    enum err e = put_files(db, p, author->id, ids, &files);
    post.files = (struct brought){ids, files};
    post.text = TEXT_NONE;
    while (e == ERR_OK && (put_cut(&rest, &post.text) || (files > 0 && piece == 0))) {
        e = put_piece(db, p, &post, author, ++piece, &id);
        first_id = first_id ? first_id : id;
        post.files.count = 0;
    }
    if (e == ERR_OK && piece == 0)
        return put_bad(p, "it has no text.");
    if (e == ERR_OK)
        e = put_reactions(db, p, first_id);
    p->fresh = e == ERR_OK;
    p->files = e == ERR_OK ? (int64_t)files : 0;
    return e;
}

static enum err put_message(struct db *db, struct put *p)
{
    struct person author = {0};
    struct put_found there = {0}, answered = {0};
    struct post post = {.key = put_text(p, ITEM_KEY),
                        .run_id = put_text(p, ITEM_RUN_ID),
                        .edited_ms = p->item.edited_ms};
    bool own = false;
    enum err e = put_find(db, p, put_text(p, ITEM_ID), &there);
    if (e != ERR_OK || there.id)
        return e;
    e = put_need_room(db, p, &post.room_id);
    if (e == ERR_OK)
        e = put_need_person(db, p, ITEM_OF_USER, "its author", &author);
    if (e == ERR_OK)
        e = is_own(db, p, &own);
    if (e == ERR_OK && !own)
        e = put_find(db, p, put_text(p, ITEM_REPLY), &answered);
    if (e != ERR_OK || own)
        return e;
    post.author_id = author.id;
    post.reply_to = answered.room_id == post.room_id ? answered.id : 0;
    e = put_pieces(db, p, &post, &author);
    return e == ERR_OK && post.run_id.len > 0 ? tell_run(db, p) : e;
}

/* ---- what is of no room */

static enum err put_caught_up(struct db *db, struct put *p)
{
    char all[PUT_NAME_BYTES];
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_CAUGHT_UP);
    query_text(q, 1, put_setting(p, "room", TEXT_NONE, all));
    return query_run(q);
}

static enum err put_place(struct db *db, struct put *p)
{
    struct text name = put_characters(put_text(p, ITEM_NAME), 80);
    if (name.len == 0)
        return ERR_OK;
    struct query *q = db_query(db, QUERY_UPKEEP_IMPORT_PLACE);
    query_text(q, 1, name);
    return query_run(q);
}

enum err put_item(struct db *db, struct put *p)
{
    static enum err (*const puts[])(struct db *, struct put *) = {
        [ITEM_PLACE] = put_place,   [ITEM_USER] = put_user,       [ITEM_ROOM] = put_room,
        [ITEM_MEMBER] = put_member, [ITEM_MESSAGE] = put_message, [ITEM_RUN] = put_run,
        [ITEM_STEP] = put_step,     [ITEM_READ] = put_read,       [ITEM_CAUGHT_UP] = put_caught_up,
    };
    return puts[p->item.kind](db, p);
}
