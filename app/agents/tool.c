#include "accounts/people.h"
#include "agents/inside.h"
#include "manager/ws_manager.h"
#include "store/db.h"

#include <stdio.h>

enum err tool_read(struct agents *a, struct db *db, const struct run *run, const struct plan *plan,
                   struct json_writer *w)
{
    switch (plan->intent) {
    case INTENT_UNREAD:
        return tool_unread(db, run, w);
    case INTENT_MEMBERS:
        return tool_members(a, db, run, w);
    case INTENT_FIND:
    case INTENT_WORDS:
        return tool_search(db, run, plan->words, w);
    case INTENT_SERVER: /* needs no reader */
    case INTENT_COUNT:
        break;
    }
    return ERR_INTERNAL;
}

void tool_arguments(const struct run *run, const struct plan *plan, struct json_writer *w)
{
    switch (plan->intent) {
    case INTENT_UNREAD:
        json_add_id(w, "user", run->started_by);
        break;
    case INTENT_MEMBERS:
        json_add_id(w, "room", run->room_id);
        break;
    case INTENT_FIND:
    case INTENT_WORDS:
        json_add_text(w, "query", plan->words);
        break;
    case INTENT_SERVER:
    case INTENT_COUNT:
        break;
    }
}

void excerpt_write(struct json_writer *w, const char *key, struct text t)
{
    struct buf line;
    size_t count = 0;
    bool space = false;
    buf_init(&line, EXCERPT_MAX * 4 + 8);
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        if (c == ' ' || c == '\n' || c == '\t') {
            space = count > 0;
            continue;
        }
        bool starts = ((unsigned char)c & 0xc0) != 0x80;
        if (starts && count + space >= EXCERPT_MAX) {
            buf_add_text(&line, TEXT("…"));
            break;
        }
        if (space)
            buf_add_char(&line, ' ');
        count += starts + (size_t)space;
        space = false;
        buf_add_char(&line, c);
    }
    json_add_text(w, key, buf_text(&line));
    buf_fini(&line);
}

/* ---- room_members */

#define MEMBERS_MAX 50    /* that are named */
#define MEMBERS_READ 2000 /* that are counted */

static bool is_here(struct agents *a, int64_t user_id, struct text role)
{
    if (text_is(role, TEXT("agent")))
        return true;
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)user_id);
    struct ws_manager *m = ws_manager_find(a->options.registry, text_of(id));
    bool here = m && ws_manager_connections(m) > 0;
    ws_manager_unref(m);
    return here;
}

static void write_member(struct json_writer *w, struct query *q, bool here, int64_t now_ms)
{
    int64_t seen_ms = col_int(q, 4);
    json_open(w, NULL, '{');
    json_add_id(w, "id", col_int(q, 0));
    json_add_text(w, "display", col_text(q, 1));
    json_add_text(w, "role",
                  text_is(col_text(q, 2), TEXT("agent")) ? col_text(q, 2) : col_text(q, 3));
    json_add_bool(w, "here", here);
    if (!here && seen_ms)
        json_add_int(w, "away_ms", now_ms > seen_ms ? now_ms - seen_ms : 1);
    json_close(w, '}');
}

enum err tool_members(struct agents *a, struct db *db, const struct run *run, struct json_writer *w)
{
    int64_t count = 0, people = 0, here = 0;
    struct query *q = db_query(db, QUERY_AGENTS_ROOM_MEMBERS);
    query_int(q, 1, run->room_id);
    query_int(q, 2, MEMBERS_READ);
    json_open(w, "members", '[');
    while (query_row(q)) {
        bool is = is_here(a, col_int(q, 0), col_text(q, 2));
        bool person = !text_is(col_text(q, 2), TEXT("agent"));
        people += person;
        here += person && is;
        if (count++ < MEMBERS_MAX)
            write_member(w, q, is, env_wall_ms(a->options.env));
    }
    enum err e = query_end(q);
    json_close(w, ']');
    if (count > MEMBERS_MAX)
        json_add_int(w, "others", count - MEMBERS_MAX);
    char summary[64];
    (void)snprintf(summary, sizeof summary, "%lld of %lld %s %s here", (long long)here,
                   (long long)people, people == 1 ? "person" : "people",
                   here == 1 || people == 1 ? "is" : "are");
    json_add_text(w, "summary", text_of(summary));
    return e;
}

/* ---- server_metrics */

#define FIGURES_MAX_BYTES (16 * (size_t)1024)

void tool_server(struct agents *a, struct json_writer *w)
{
    struct buf now;
    buf_init(&now, FIGURES_MAX_BYTES);
    if (a->options.server_now)
        a->options.server_now(a->options.server_ctx, &now);
    bool known = now.err == ERR_OK && json_valid(buf_text(&now), 4);
    struct text figures = known ? buf_text(&now) : TEXT("{}");
    struct json_member m;
    int64_t bad = 0;
    for (struct text rest = figures; json_member(&rest, &m);) {
        int64_t n = 0;
        bool counts = strcmp(m.key, "messages_lost") == 0 ||
                      strcmp(m.key, "messages_doubled") == 0 || strcmp(m.key, "closes_1011") == 0;
        if (counts && json_int(m.value, 0, INT64_MAX, &n))
            bad += n;
    }
    json_add_text(w, "summary",
                  !known ? TEXT("The server says nothing of itself")
                  : bad  ? TEXT("Something went wrong since the start: an admin should look")
                         : TEXT("The server is well"));
    json_add_raw(w, "now", figures);
    buf_fini(&now);
}
