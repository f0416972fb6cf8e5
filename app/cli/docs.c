#include "cli/docs.h"

#include "cli/cli.h"
#include "cli/option.h"

#include <stdio.h>
#include <string.h>

#define NO_BOUND (INT64_C(1) << 53) /* from here on a number says nothing to a reader */

/* A piece that could not be written makes the whole fail. */
static void fail(struct buf *out, enum err e)
{
    if (out->err == ERR_OK)
        out->err = e;
}

/* ---- HTML */

static void add(struct buf *out, const char *html)
{
    buf_add_text(out, text_of(html));
}

static void add_text(struct buf *out, struct text t)
{
    for (size_t i = 0; i < t.len; i++) {
        char c = t.data[i];
        if (c == '<' || c == '>' || c == '&' || c == '"')
            buf_add_format(out, "&#%d;", c);
        else
            buf_add_char(out, c);
    }
}

static void add_cell(struct buf *out, const char *tag, const char *words)
{
    buf_add_format(out, "<%s>", tag);
    add_text(out, text_of(words));
    buf_add_format(out, "</%s>", tag);
}

static void begin_section(struct buf *out, const char *id, const char *title, const char *words)
{
    buf_add_format(out, "<section id=\"%s\"><h2>%s</h2>\n<p>", id, title);
    add_text(out, text_of(words));
    add(out, "</p>\n");
}

/* The heads, ended by NULL. */
static void begin_table(struct buf *out, const char *const *heads)
{
    add(out, "<div class=\"table\" tabindex=\"0\"><table><thead><tr>");
    for (; *heads; heads++)
        buf_add_format(out, "<th scope=\"col\">%s</th>", *heads);
    add(out, "</tr></thead><tbody>\n");
}

static void end_table(struct buf *out)
{
    add(out, "</tbody></table></div>\n");
}

/* One row; the first cell is code. Cells ended by NULL. */
static void add_row(struct buf *out, const char *const *cells)
{
    add(out, "<tr><td>");
    add_cell(out, "code", *cells++);
    add(out, "</td>");
    for (; *cells; cells++)
        add_cell(out, "td", *cells);
    add(out, "</tr>\n");
}

#define ROW(out, ...) add_row(out, (const char *const[]){__VA_ARGS__, NULL})
#define TABLE(out, ...) begin_table(out, (const char *const[]){__VA_ARGS__, NULL})

/* ---- examples */

static const struct example {
    const char *door, *about, *request, *answer;
} examples[] = {
#define EXAMPLE(door, about, request, answer) {#door, about, request, answer},
#include "cli/docs_examples.def"
#undef EXAMPLE
};

static void add_examples(struct buf *out, const char *door)
{
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const struct example *x = &examples[i];
        if (strcmp(x->door, door) != 0)
            continue;
        buf_add_format(out, "<figure data-example=\"%s\" data-order=\"%zu\">", door, i);
        add_cell(out, "figcaption", x->about);
        add(out, "<pre class=\"request\">");
        add_text(out, text_of(x->request));
        add(out, "</pre>");
        if (x->answer[0]) {
            add(out, "<pre class=\"answer\">");
            add_text(out, text_of(x->answer));
            add(out, "</pre>");
        }
        add(out, "</figure>\n");
    }
}

/* ---- the protocol */

static const struct field {
    const char *command, *name, *type;
} fields[] = {
#define FIELD(command, name, type, member) {#command, name, #type},
#include "wire/commands.def"
};

static const char *field_words(const char *type)
{
    static const char *const words[][2] = {
        {"TEXT", "text"},     {"RAW", "any JSON"},       {"BOOL", "true or false"},
        {"OFFSET", "offset"}, {"LIMIT", "whole number"}, {"SINCE", "{offset, epoch}"},
        {"OBJECT", "object"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], type) == 0)
            return words[i][1];
    return type;
}

static void add_command(struct buf *out, const char *command)
{
    struct buf list;
    buf_init(&list, 4096);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i].command, command) == 0)
            buf_add_format(&list, "%s%s (%s)", list.len ? ", " : "", fields[i].name,
                           field_words(fields[i].type));
    buf_add_char(&list, '\0');
    if (list.err == ERR_OK)
        ROW(out, command, list.data);
    else
        fail(out, list.err);
    buf_fini(&list);
}

static void add_protocol(struct buf *out)
{
    begin_section(out, "protocol", "Protocol",
                  "Clients speak the Centrifuge client protocol, version 2. Every client library "
                  "of it works as it is. A "
                  "command is {\"id\": N, \"<command>\": {...}}, its reply has the same id; pushes "
                  "have none.");
    TABLE(out, "command", "fields");
#define COMMAND(name) add_command(out, #name);
#include "wire/commands.def"
    end_table(out);
    add(out, "<p>Pushes are {\"push\": {\"channel\": C, \"&lt;kind&gt;\": {...}}} with kind pub, "
             "join, leave, unsubscribe, "
             "message, subscribe, disconnect or refresh. With the flag 1 of subscribe a number may "
             "stand in place of the "
             "channel: \"id\". An empty object {} is a ping, and its answer.</p>\n");
    add_examples(out, "client");
    add(out, "</section>\n");
}

static void add_transports(struct buf *out)
{
    begin_section(out, "transports", "Transports and encodings",
                  "One WebSocket message holds one or several commands or replies: JSON lines, or "
                  "in Protobuf each behind "
                  "its length (subprotocol centrifuge-protobuf, or ?format=protobuf). Where a "
                  "network breaks WebSockets the "
                  "same goes over responses that stream; commands then go to /emulation with the "
                  "session and node of the "
                  "connect reply.");
    TABLE(out, "address", "what it is");
    ROW(out, "GET /connection/websocket",
        "WebSocket, JSON and Protobuf, permessage-deflate where both sides want it");
    ROW(out, "POST /connection/http_stream",
        "the body is the connect command; an object a line comes back");
    ROW(out, "GET /connection/sse?cf_connect=", "the same as server-sent events, JSON only");
    ROW(out, "POST /emulation", "{session, node, data}: commands of one of the two above; 204");
    end_table(out);
    add(out, "</section>\n");
}

/* ---- methods */

static void add_param(struct buf *out, const struct param *p)
{
    static const char *const types[] = {
        [PARAM_TEXT] = "text",     [PARAM_RAW] = "text",           [PARAM_ID] = "id",
        [PARAM_INT] = "number",    [PARAM_BOOL] = "true or false", [PARAM_TEXTS] = "list of texts",
        [PARAM_JSON] = "any JSON", [PARAM_OBJECT] = "object",
    };
    buf_add_format(out, "%s%s (%s", p->name, p->required ? "" : "?", types[p->type]);
    bool bounded = p->type == PARAM_TEXT || (p->type == PARAM_INT && p->max < NO_BOUND);
    if (bounded)
        buf_add_format(out, ", %lld to %lld", (long long)p->min, (long long)p->max);
    buf_add_char(out, ')');
}

static void add_method(struct buf *out, const struct method *m, const char *right)
{
    struct buf list;
    buf_init(&list, 8192);
    for (size_t i = 0; i < m->params_count; i++) {
        if (i > 0)
            buf_add_text(&list, TEXT(", "));
        add_param(&list, &m->params[i]);
    }
    buf_add_char(&list, '\0');
    if (list.err != ERR_OK)
        fail(out, list.err);
    else if (right)
        ROW(out, m->name, right, list.data);
    else
        ROW(out, m->name, list.data);
    buf_fini(&list);
}

static void add_methods(struct buf *out, const struct method_table *t)
{
    static const char *const rights[] = {
        [RIGHT_ANY] = "anybody",   [RIGHT_USER] = "logged in",
        [RIGHT_MEMBER] = "member", [RIGHT_OWNER] = "owner of the room, admin",
        [RIGHT_ADMIN] = "admin",   [RIGHT_LOCAL] = "command line",
    };
    begin_section(out, "methods", "Methods",
                  "The same through the rpc command of a client and through POST /rpc/<method> "
                  "with a session or a "
                  "token: {\"result\": {...}}, or {\"error\": {code, message, field}} with the "
                  "status of the error.");
    TABLE(out, "method", "who may", "parameters");
    for (size_t s = 0; s < t->count; s++)
        for (size_t i = 0; i < t->sets[s].count; i++)
            if (t->sets[s].methods[i].right != RIGHT_LOCAL)
                add_method(out, &t->sets[s].methods[i], rights[t->sets[s].methods[i].right]);
    end_table(out);
    add_examples(out, "rpc");
    add(out, "</section>\n");
}

static void add_files(struct buf *out)
{
    begin_section(
        out, "files", "Files",
        "file.begin gives a place for the bytes, {id, offset, size}; the same key gives the same "
        "place, and says in offset how many bytes are there. They come in pieces, also after a "
        "cut line and a restart; with the last one (an empty one, if all are there or the file is "
        "empty) the answer has file: {id, name, type, size, width?, height?}. message.send takes "
        "the ids of files that are whole and have not been sent.");
    TABLE(out, "address", "what it is");
    ROW(out, "PUT /files/<id>?offset=N",
        "the next bytes, at most 1 MiB: {offset, size, file?}. 409 with {error, offset, size}: "
        "go on there; 409 with the code 111: another request writes; 413: more than the size; "
        "507: the disk is full");
    ROW(out, "GET /files/<id>/<name>",
        "the bytes, for who may read the message, and its author before; any name. ETag and Range "
        "are understood. What a browser may not show is an attachment");
    end_table(out);
    add(out, "</section>\n");
}

static void add_search(struct buf *out)
{
    begin_section(
        out, "search", "Search",
        "The query of message.search. Any text is one: what is no operator is words, which "
        "must all be there, "
        "without regard to case and Latin accents. What cannot be found is said in the "
        "answer's notes.");
    TABLE(out, "in a query", "finds");
    ROW(out, "word \"two words\"", "a word; words in this order");
    ROW(out, "begin*", "words that begin so, with three letters at least");
    ROW(out, "-word -\"two words\"", "what has them not; from:, in: and has: take a dash too");
    ROW(out, "from:name from:me", "who wrote it; with several, any of them");
    ROW(out, "in:room in:\"Build team\"", "where; with several, any of them");
    ROW(out, "has:link has:code has:file",
        "an http:// or https:// address; something between backticks; a file");
    ROW(out, "before:2026-11-01 after:2026-11-01 on:2026-11-01",
        "days, zone minutes ahead of UTC, neither before: nor after: with the day itself");
    end_table(out);
    add(out,
        "<p>order is \"time\" (newest first, as they came to this server) or \"rank\": the best "
        "of the newest 10,000 that are found (or 4 MiB of them) by BM25, each word counting the "
        "same. An answer with more has a cursor: with it, the same query and order go on behind "
        "its last message. Rooms one is not in are not searched.</p>\n</section>\n");
}

static void add_api(struct buf *out, const struct method_set *api)
{
    begin_section(out, "api", "Server API",
                  "POST /api/<method> with X-API-Key and a JSON object, for your own programs. The "
                  "answer is 200 with "
                  "{\"result\": {...}} or {\"error\": {code, message}}; a wrong key is 401. The "
                  "key is http_api.key, or "
                  "the one in the data folder.");
    TABLE(out, "method", "parameters");
    for (size_t i = 0; i < api->count; i++)
        add_method(out, &api->methods[i], NULL);
    end_table(out);
    add_examples(out, "api");
    add(out, "</section>\n");
}

/* ---- configuration, codes, figures */

static void add_options(struct buf *out, const struct option_table *t)
{
    TABLE(out, "option", "default", "what it does");
    for (size_t i = 0; i < t->count; i++)
        ROW(out, t->list[i].name, t->list[i].fallback, t->list[i].text);
    end_table(out);
}

/* A command's first line, and what it does: up to the next empty one. */
static void add_usage(struct buf *out, const char *usage)
{
    struct text rest = text_of(usage), line;
    (void)text_split(&rest, '\n', &line);
    rest = text_trim(rest);
    const char *end = rest.len ? memmem(rest.data, rest.len, "\n\n", 2) : NULL;
    struct text what = {rest.data, end ? (size_t)(end - rest.data) : rest.len};
    add(out, "<tr><td><code>");
    add_text(out, line);
    add(out, "</code></td><td>");
    add_text(out, what);
    add(out, "</td></tr>\n");
}

static void add_command_line(struct buf *out)
{
    begin_section(out, "commands", "Command line",
                  "All take --data or --config; snug COMMAND --help says more. 0 is success, 1 "
                  "failure, 2 wrong use.");
    TABLE(out, "command", "what it does");
    for (size_t i = 0; cli_usage(i); i++)
        add_usage(out, cli_usage(i));
    end_table(out);
    add(out, "</section>\n");
}

static void add_configuration(struct buf *out)
{
    begin_section(out, "configuration", "Configuration",
                  "A JSON file (--config), SNUG_ variables and flags; the later wins. Where "
                  "Centrifugo 6 has an option of "
                  "the same meaning it has the same name and place. snug check --config FILE looks "
                  "a file over.");
    add_options(out, &options_all);
    add(out, "<h3>Options of a namespace</h3><p>Each of channel.namespaces has a name and these; "
             "channels without a colon "
             "follow channel.without_namespace.</p>\n");
    add_options(out, &options_channel);
    add_examples(out, "config");
    add(out, "</section>\n");
}

static void add_code(struct buf *out, int code, const char *words, const char *then)
{
    char number[16];
    (void)snprintf(number, sizeof number, "%d", code);
    ROW(out, number, words, then);
}

static void add_codes(struct buf *out)
{
    begin_section(out, "errors", "Errors",
                  "Of a reply's error. 100 and 111 are temporary: the same again later is right.");
    TABLE(out, "code", "meaning", "over HTTP");
    char status[16];
#define ERR(name, code, http, temporary, sentence)                                                 \
    if ((code) != 0) {                                                                             \
        (void)snprintf(status, sizeof status, "%d", http);                                         \
        add_code(out, code, sentence, status);                                                     \
    }
#include "base/err.def"
#undef ERR
    end_table(out);
    add(out, "</section>\n");
    begin_section(out, "closes", "Close codes",
                  "Clients come back by themselves after 3000 to 3499 and 4000 to 4499, and stay "
                  "away after 3500 to 3999 "
                  "and 4500 to 4999. Of a subscription: 2000 ended by the server, 2500 and 2501 "
                  "the client subscribes "
                  "again.");
    TABLE(out, "code", "reason", "the client");
#define CLOSE(name, code, reason)                                                                  \
    add_code(out, code, reason,                                                                    \
             (code) >= 3500 || (code) < 3000 ? "stays away, or starts over" : "comes back");
#include "session/close_codes.def"
#undef CLOSE
    end_table(out);
    add(out, "</section>\n");
}

static void add_metrics(struct buf *out)
{
    begin_section(out, "metrics", "Metrics", "GET /metrics, in Prometheus text.");
    TABLE(out, "name", "what it counts");
#define COUNTER(name, help) ROW(out, "snug_" #name "_total", help);
#define GAUGE(name, help) ROW(out, "snug_" #name, help);
#define TIMER(name, help) ROW(out, "snug_" #name "_seconds", help);
#define SIZE(name, help) ROW(out, "snug_" #name, help);
#include "base/metrics.def"
#undef COUNTER
#undef GAUGE
#undef TIMER
#undef SIZE
    end_table(out);
    add(out, "</section>\n");
}

void docs_write(const struct method_table *methods, const struct method_set *api, struct text head,
                struct buf *out)
{
    add(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
             "<title>Snug: protocol and configuration</title>");
    buf_add_text(out, head);
    add(out,
        "</head>\n<body><header><h1>Snug</h1><p>Protocol, server API and configuration of this "
        "very server, written "
        "from its own tables.</p><nav aria-label=\"Contents\"><a href=\"#protocol\">Protocol</a> "
        "<a href=\"#transports\">Transports</a> <a href=\"#api\">Server API</a> <a "
        "href=\"#methods\">Methods</a> <a href=\"#search\">Search</a> "
        "<a href=\"#commands\">Command line</a> <a href=\"#configuration\">Configuration</a> <a "
        "href=\"#errors\">Errors</a> "
        "<a href=\"#closes\">Close codes</a> <a "
        "href=\"#metrics\">Metrics</a></nav></header>\n<main>\n");
    add_protocol(out);
    add_transports(out);
    add_api(out, api);
    add_methods(out, methods);
    add_files(out);
    add_search(out);
    add_command_line(out);
    add_configuration(out);
    add_codes(out);
    add_metrics(out);
    add(out, "</main></body></html>\n");
}
