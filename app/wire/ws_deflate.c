#include "wire/ws_deflate.h"

#include "base/must.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#define ZLIB_CONST /* what is read is not written */
#include <zlib.h>

#define RSV1 0x40

/* ---- offers */

/* As text_split, but what stands in quotation marks is not split. */
static bool split_unquoted(struct text *rest, char separator, struct text *out_part)
{
    if (!rest->data)
        return false;
    size_t n = 0;
    bool quoted = false;
    for (; n < rest->len && (quoted || rest->data[n] != separator); n++) {
        if (rest->data[n] == '"')
            quoted = !quoted;
        else if (quoted && rest->data[n] == '\\' && n + 1 < rest->len)
            n++;
    }
    *out_part = text_trim((struct text){rest->data, n});
    *rest = n < rest->len ? text_after(*rest, n + 1) : (struct text){NULL, 0};
    return true;
}

/* 8..15 in one or two digits, maybe in quotation marks; 0: anything else. */
static unsigned window_of(struct text value)
{
    if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
        value = (struct text){value.data + 1, value.len - 2};
    int64_t n = value.len <= 2 ? text_id(value) : 0;
    return n >= 8 && n <= WS_WINDOW_MAX ? (unsigned)n : 0;
}

enum parameter { SERVER_NO_TAKEOVER, CLIENT_NO_TAKEOVER, SERVER_WINDOW, CLIENT_WINDOW, PARAMETERS };

static enum parameter parameter_of(struct text name)
{
    static const char *const names[PARAMETERS] = {
        [SERVER_NO_TAKEOVER] = "server_no_context_takeover",
        [CLIENT_NO_TAKEOVER] = "client_no_context_takeover",
        [SERVER_WINDOW] = "server_max_window_bits",
        [CLIENT_WINDOW] = "client_max_window_bits",
    };
    enum parameter p = 0;
    while (p < PARAMETERS && !text_is(name, text_of(names[p])))
        p++;
    return p;
}

struct offer {
    bool given[PARAMETERS];
    unsigned window[PARAMETERS]; /* 0: without a value */
};

/* "name" or "name=value"; false: the offer is not acceptable. source: RFC 7692 7.1 */
static bool read_parameter(struct text text, struct offer *o)
{
    const char *equals = text.len > 0 ? memchr(text.data, '=', text.len) : NULL;
    size_t name_len = equals ? (size_t)(equals - text.data) : text.len;
    enum parameter p = parameter_of(text_trim((struct text){text.data, name_len}));
    if (p == PARAMETERS || o->given[p])
        return false;
    o->given[p] = true;
    if (!equals)
        return p != SERVER_WINDOW;
    o->window[p] = window_of(text_trim(text_after(text, name_len + 1)));
    return o->window[p] > 0 && (p == SERVER_WINDOW || p == CLIENT_WINDOW);
}

static bool read_offer(struct text text, struct offer *o)
{
    struct text part;
    *o = (struct offer){0};
    if (!split_unquoted(&text, ';', &part) || !text_is(part, TEXT("permessage-deflate")))
        return false;
    while (split_unquoted(&text, ';', &part))
        if (!read_parameter(part, o))
            return false;
    return true;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static struct ws_deflate agree(const struct offer *o, const struct ws_deflate_rules *rules)
{
    unsigned theirs = o->window[CLIENT_WINDOW] ? o->window[CLIENT_WINDOW] : WS_WINDOW_MAX;
    unsigned ours = o->given[SERVER_WINDOW] ? o->window[SERVER_WINDOW] : WS_WINDOW_MAX;
    if (o->given[CLIENT_WINDOW])
        theirs = smaller(theirs, rules->client_bits);
    return (struct ws_deflate){
        .server_bits = (uint8_t)smaller(ours, rules->server_bits),
        .client_bits = (uint8_t)theirs,
        .client_takeover = rules->client_takeover && !o->given[CLIENT_NO_TAKEOVER],
    };
}

/* A window is answered only where one was offered, as a client need not know the parameter otherwise. */
static void answer(const struct offer *o, const struct ws_deflate *agreed,
                   char response[WS_DEFLATE_RESPONSE_SIZE])
{
    char server[32] = "", client[32] = "";
    if (o->given[SERVER_WINDOW])
        (void)snprintf(server, sizeof server, "; server_max_window_bits=%u", agreed->server_bits);
    if (o->given[CLIENT_WINDOW] &&
        (agreed->client_bits < WS_WINDOW_MAX || o->window[CLIENT_WINDOW]))
        (void)snprintf(client, sizeof client, "; client_max_window_bits=%u", agreed->client_bits);
    int len = snprintf(
        response, WS_DEFLATE_RESPONSE_SIZE, "permessage-deflate; server_no_context_takeover%s%s%s",
        agreed->client_takeover ? "" : "; client_no_context_takeover", server, client);
    must(len > 0 && len < WS_DEFLATE_RESPONSE_SIZE);
}

bool ws_deflate_negotiate(struct text offers, const struct ws_deflate_rules *rules,
                          struct ws_deflate *out, char response[WS_DEFLATE_RESPONSE_SIZE])
{
    struct text text;
    struct offer offer;
    *out = (struct ws_deflate){0};
    response[0] = 0;
    while (rules->server_bits > 0 && split_unquoted(&offers, ',', &text)) {
        if (!read_offer(text, &offer))
            continue;
        *out = agree(&offer, rules);
        answer(&offer, out, response);
        return true;
    }
    return false;
}

/* ---- out */

#define LOOK_AHEAD 262 /* zlib's window less this is how far back it looks */

unsigned ws_deflate_window(size_t payload_len, unsigned agreed_bits)
{
    if (agreed_bits == 0)
        return 0;
    unsigned bits = WS_WINDOW_MIN;
    while (bits < smaller(agreed_bits, WS_WINDOW_MAX) &&
           ((size_t)1 << bits) - LOOK_AHEAD < payload_len)
        bits++;
    return bits;
}

/* zlib's tables in proportion to the window: what is short shall not pay for clearing 128 KiB. */
static int table_level(unsigned window_bits)
{
    return (int)smaller(window_bits - 6, 8);
}

/* The payload as compressed blocks at `out`, without the last one's end; 0: it would not be smaller, or no memory. A
 * room of four bytes more than the payload is enough: what fills it saves nothing. source: RFC 7692 7.2.1 */
static size_t deflate_payload(struct text payload, unsigned window_bits, int level, char *out)
{
    z_stream z = {.next_in = (const Bytef *)payload.data,
                  .avail_in = (uInt)payload.len,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)payload.len + 4};
    if (deflateInit2(&z, level, Z_DEFLATED, -(int)window_bits, table_level(window_bits),
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    int code = deflate(&z, Z_SYNC_FLUSH);
    size_t len = z.total_out;
    bool whole = code == Z_OK && z.avail_in == 0 && z.avail_out > 0;
    (void)deflateEnd(&z);
    must(!whole || (len > 4 && memcmp(out + len - 4, "\x00\x00\xff\xff", 4) == 0));
    return whole ? len - 4 : 0;
}

struct frame *ws_frame_deflated(enum ws_opcode opcode, struct text payload, unsigned window_bits,
                                int level)
{
    if (window_bits == 0)
        return ws_frame(opcode, payload);
    must(window_bits >= WS_WINDOW_MIN && window_bits <= WS_WINDOW_MAX && level >= 1 && level <= 9);
    char *out = payload.len < INT_MAX ? malloc(payload.len + 4) : NULL;
    size_t len = out ? deflate_payload(payload, window_bits, level, out) : 0;
    struct frame *f = NULL;
    if (len > 0) {
        unsigned char header[WS_HEADER_MAX];
        size_t n = ws_header(header, opcode, len);
        header[0] |= RSV1;
        f = frame_join((struct text){(const char *)header, n}, (struct text){out, len});
    } else {
        f = ws_frame(opcode, payload); /* maybe there is memory for that */
    }
    free(out);
    return f;
}
