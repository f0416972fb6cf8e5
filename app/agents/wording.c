#include "agents/wording.h"

#include "wire/json.h"

#include <stdlib.h>

#define HINT                                                                                       \
    "Ask me *what did I miss*, *find* and some words, *who is here*, or *how is the server*."
#define WORD_JOINER "\u2060" /* unseen; after an @ it is no mention any more */

/* ---- reading a result */

static int64_t number(struct text object, const char *key)
{
    struct text value = json_find(object, key);
    int64_t n = 0;
    return value.len && json_int(value, INT64_MIN, INT64_MAX, &n) ? n : 0;
}

static bool is_true(struct text object, const char *key)
{
    return text_is(json_find(object, key), TEXT("true"));
}

/* The decoded string, as plain words or as it is. */
static void string(struct text object, const char *key, bool plain, struct buf *out)
{
    struct text value = json_find(object, key);
    if (value.len == 0 || json_kind(value) != JSON_STRING)
        return;
    struct buf decoded;
    buf_init(&decoded, value.len);
    json_string(value, &decoded);
    if (plain)
        wording_plain(out, buf_text(&decoded));
    else
        buf_add_text(out, buf_text(&decoded));
    buf_fini(&decoded);
}

/* ---- plain words */

static size_t link_length(struct text t)
{
    if (!text_starts(t, TEXT("https://")) && !text_starts(t, TEXT("http://")))
        return 0;
    size_t n = 0;
    while (n < t.len && !strchr(" <>[]()`\"\\", t.data[n]))
        n++;
    return n;
}

void wording_plain(struct buf *out, struct text t)
{
    bool word_begins = true;
    while (t.len) {
        size_t link = word_begins ? link_length(t) : 0;
        if (link) {
            buf_add(out, t.data, link);
            t = text_after(t, link);
            continue;
        }
        char c = t.data[0];
        if (strchr("\\`*_[]<>|~#", c) && c)
            buf_add_char(out, '\\');
        buf_add_char(out, c);
        if (c == '@')
            buf_add_text(out, TEXT(WORD_JOINER));
        word_begins = c == ' ';
        t = text_after(t, 1);
    }
}

size_t wording_characters(struct text t)
{
    size_t n = 0;
    for (size_t i = 0; i < t.len; i++)
        n += ((unsigned char)t.data[i] & 0xc0) != 0x80;
    return n;
}

bool wording_piece(struct text *rest, size_t least_bytes, struct text *out_piece)
{
    size_t n = least_bytes < rest->len ? least_bytes : rest->len;
    while (n < rest->len && rest->data[n - 1] != ' ' && rest->data[n - 1] != '\n')
        n++;
    *out_piece = (struct text){rest->data, n};
    *rest = text_after(*rest, n);
    return n > 0;
}

/* ---- the answers */

/* "[general](/room/1/42)", from {room, room_name, offset} */
static void write_place(struct text at, struct buf *out)
{
    buf_add_char(out, '[');
    string(at, "room_name", true, out);
    buf_add_text(out, TEXT("](/room/"));
    string(at, "room", false, out);
    buf_add_format(out, "/%lld)", (long long)number(at, "offset"));
}

/* "**Mira**: text" */
static void write_quote(struct text message, struct buf *out)
{
    buf_add_text(out, TEXT("**"));
    string(message, "author", true, out);
    buf_add_text(out, TEXT("**: "));
    string(message, "text", true, out);
    buf_add_char(out, '\n');
}

static void write_unread(struct text result, struct buf *out)
{
    if (number(result, "unread") == 0) {
        buf_add_text(out,
                     TEXT("You have read everything in this room and in the open rooms you are "
                          "in."));
        return;
    }
    buf_add_text(out, TEXT("You missed "));
    string(result, "summary", true, out);
    buf_add_text(out, TEXT(".\n\n"));
    struct text rooms = json_find(result, "rooms");
    struct text room, message;
    while (json_element(&rooms, &room)) {
        buf_add_text(out, TEXT("- "));
        write_place(room, out);
        buf_add_format(out, ": %lld new\n", (long long)number(room, "unread"));
        struct text messages = json_find(room, "messages");
        while (json_element(&messages, &message)) {
            buf_add_text(out, TEXT("  - "));
            write_quote(message, out);
        }
    }
}

static void write_found(const struct plan *plan, struct text result, struct buf *out)
{
    bool guessed = plan->intent == INTENT_WORDS;
    int64_t count = number(result, "found");
    if (plan->words.len == 0) {
        buf_add_text(out, TEXT(HINT));
        return;
    }
    if (guessed)
        buf_add_text(out, TEXT("I do not know this question, so I searched for its words. "));
    if (count == 0)
        buf_add_text(out, TEXT("No message has all of these words. Try fewer of them."));
    else if (is_true(result, "more"))
        buf_add_format(out, "The newest %lld messages with these words:\n\n", (long long)count);
    else
        buf_add_format(out, "I found %lld message%s:\n\n", (long long)count, count == 1 ? "" : "s");
    struct text messages = json_find(result, "messages");
    struct text message;
    while (json_element(&messages, &message)) {
        buf_add_text(out, TEXT("- "));
        write_place(message, out);
        buf_add_char(out, ' ');
        write_quote(message, out);
    }
    if (guessed)
        buf_add_text(out, TEXT("\n" HINT));
}

#define HOUR_MIN 60LL

/* "5 min", "3 h", "2 days" */
static void write_span(int64_t ms, struct buf *out)
{
    long long min = ms / 60000;
    if (min < 1)
        buf_add_text(out, TEXT("a moment"));
    else if (min < HOUR_MIN)
        buf_add_format(out, "%lld min", min);
    else if (min < 48 * HOUR_MIN)
        buf_add_format(out, "%lld h", min / HOUR_MIN);
    else
        buf_add_format(out, "%lld days", min / (24 * HOUR_MIN));
}

static void write_member(struct text m, struct buf *out)
{
    buf_add_text(out, TEXT("- **"));
    string(m, "display", true, out);
    buf_add_text(out, TEXT("**"));
    if (text_is(json_find(m, "role"), TEXT("\"agent\""))) {
        buf_add_text(out, TEXT(", agent\n"));
        return;
    }
    int64_t away_ms = number(m, "away_ms");
    if (is_true(m, "here")) {
        buf_add_text(out, TEXT(", here\n"));
    } else if (away_ms == 0) {
        buf_add_text(out, TEXT(", not here\n"));
    } else {
        buf_add_text(out, TEXT(", last here "));
        write_span(away_ms, out);
        buf_add_text(out, TEXT(" ago\n"));
    }
}

static void write_members(struct text result, struct buf *out)
{
    string(result, "summary", true, out);
    buf_add_text(out, TEXT(".\n\n"));
    struct text members = json_find(result, "members");
    struct text m;
    while (json_element(&members, &m))
        write_member(m, out);
    if (number(result, "others"))
        buf_add_format(out, "- and %lld more\n", (long long)number(result, "others"));
}

/* A figure of the server as it stands in the result. */
static void write_figure(struct text now, const char *name, struct buf *out)
{
    struct text value = json_find(now, name);
    buf_add_text(out, value.len ? value : TEXT("?"));
}

static void write_megabytes(struct text now, const char *name, struct buf *out)
{
    double bytes = (double)number(now, name);
    if (bytes < 1e9)
        buf_add_format(out, "%.1f MB", bytes / 1e6);
    else
        buf_add_format(out, "%.0f GB", bytes / 1e9);
}

/* "7.2 ms": as exact as a person reads it. */
static void write_milliseconds(struct text now, const char *name, struct buf *out)
{
    char digits[32];
    text_copy(digits, sizeof digits, json_find(now, name));
    double ms = strtod(digits, NULL);
    buf_add_format(out, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
}

static void write_server(struct text result, struct buf *out)
{
    struct text now = json_find(result, "now");
    string(result, "summary", true, out);
    buf_add_text(out, TEXT(".\n\n- Connections: "));
    write_figure(now, "connections", out);
    buf_add_text(out, TEXT(", users: "));
    write_figure(now, "users", out);
    buf_add_text(out, TEXT("\n- Messages since the start: "));
    write_figure(now, "messages", out);
    buf_add_text(out, TEXT(", lost "));
    write_figure(now, "messages_lost", out);
    buf_add_text(out, TEXT(", doubled "));
    write_figure(now, "messages_doubled", out);
    buf_add_text(out, TEXT("\n- On disk and acknowledged: half within "));
    write_milliseconds(now, "ack_ms_p50", out);
    buf_add_text(out, TEXT(", 99 of 100 within "));
    write_milliseconds(now, "ack_ms_p99", out);
    buf_add_text(out, TEXT("\n- Memory: "));
    write_megabytes(now, "rss_bytes", out);
    buf_add_text(out, TEXT("\n- Disk: "));
    write_megabytes(now, "disk_used_bytes", out);
    buf_add_text(out, TEXT(" used, "));
    write_megabytes(now, "disk_free_bytes", out);
    buf_add_text(out, TEXT(" free\n"));
}

enum err wording_write(const struct plan *plan, struct text event, struct buf *answer,
                       struct buf *summary)
{
    struct text data = json_valid(event, JSON_DEPTH_MAX) ? json_find(event, "data") : TEXT_NONE;
    struct text result = data.len ? json_find(data, "result") : TEXT_NONE;
    if (result.len == 0 || json_kind(result) != JSON_OBJECT || !is_true(data, "success"))
        return ERR_INTERNAL;
    string(result, "summary", false, summary);
    switch (plan->intent) {
    case INTENT_UNREAD:
        write_unread(result, answer);
        break;
    case INTENT_MEMBERS:
        write_members(result, answer);
        break;
    case INTENT_SERVER:
        write_server(result, answer);
        break;
    case INTENT_FIND:
    case INTENT_WORDS:
    case INTENT_COUNT:
        write_found(plan, result, answer);
        break;
    }
    return answer->err;
}
