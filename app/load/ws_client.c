#include "load/ws_client.h"

#define CONTROL 8 /* opcodes from here on */
enum { OP_CONTINUATION, OP_TEXT, OP_BINARY, OP_CLOSE = 8, OP_PING, OP_PONG };

struct head {
    size_t header, payload; /* lengths */
    unsigned opcode;
    bool final, compressed;
};

/* False: not whole, or *why is set. */
static bool read_head(const unsigned char *bytes, size_t len, bool deflate, struct head *out,
                      const char **why)
{
    if (len < 2)
        return false;
    out->final = bytes[0] & 0x80;
    out->compressed = bytes[0] & 0x40;
    out->opcode = bytes[0] & 15;
    uint64_t payload = bytes[1] & 127;
    out->header = payload < 126 ? 2 : payload == 126 ? 4 : 10;
    if ((bytes[0] & 0x30) || (out->compressed && !deflate))
        *why = "a reserved bit is set";
    else if (bytes[1] & 0x80)
        *why = "a frame of the server is masked";
    else if (out->opcode > OP_PONG || (out->opcode > OP_BINARY && out->opcode < OP_CLOSE))
        *why = "a reserved opcode";
    else if (out->opcode >= CONTROL && (payload > 125 || !out->final || out->compressed))
        *why = "a control frame that is long, cut or compressed";
    if (*why || len < out->header)
        return false;
    if (out->header > 2)
        payload = 0;
    for (size_t i = 2; i < out->header; i++)
        payload = payload << 8 | bytes[i];
    if (payload > (UINT64_C(1) << 40))
        *why = "a frame of more than a terabyte";
    out->payload = (size_t)payload;
    return *why == NULL;
}

static void take_control(const struct head *h, const unsigned char *payload,
                         struct ws_client_event *out)
{
    out->kind = h->opcode == OP_PING   ? WS_CLIENT_PING
                : h->opcode == OP_PONG ? WS_CLIENT_PONG
                                       : WS_CLIENT_CLOSE;
    memcpy(out->control, payload, h->payload);
    out->payload = (struct text){out->control, h->payload};
}

static void bad(struct ws_client_event *out, const char *why)
{
    out->kind = WS_CLIENT_BAD;
    out->why = why;
}

/* The message is whole from 0 to `end`: its parts move together, behind the first one's header. */
static void join(unsigned char *bytes, size_t end, bool deflate, struct ws_client_event *out)
{
    struct head h = {0};
    const char *why = NULL;
    size_t joined = 0, begin = 0;
    for (size_t at = 0; at < end; at += h.header + h.payload) {
        (void)read_head(bytes + at, end - at, deflate, &h, &why); /* it was read before */
        if (at == 0) {
            begin = h.header;
            out->compressed = h.compressed;
        } else {
            memmove(bytes + begin + joined, bytes + at + h.header, h.payload);
        }
        joined += h.payload;
    }
    out->kind = WS_CLIENT_MESSAGE;
    out->payload = (struct text){(const char *)bytes + begin, joined};
}

void ws_client_take(unsigned char *bytes, size_t len, bool deflate, struct ws_client_event *out,
                    size_t *out_used)
{
    out->kind = WS_CLIENT_MORE;
    *out_used = 0;
    for (size_t at = 0; at < len;) {
        struct head h;
        const char *why = NULL;
        bool whole = read_head(bytes + at, len - at, deflate, &h, &why);
        if (why)
            bad(out, why);
        if (!whole || h.payload > len - at - h.header)
            return;
        size_t size = h.header + h.payload;
        if (h.opcode >= CONTROL) {
            take_control(&h, bytes + at + h.header, out);
            memmove(bytes + size, bytes, at); /* the parts before it close up behind */
            *out_used = size;
            return;
        }
        if ((h.opcode == OP_CONTINUATION) != (at > 0) || (at > 0 && h.compressed)) {
            bad(out, "parts of messages in a wrong order");
            return;
        }
        at += size;
        if (h.final) {
            join(bytes, at, deflate, out);
            *out_used = at;
            return;
        }
    }
}

/* ---- out */

size_t ws_client_header(unsigned char out[WS_CLIENT_HEADER_MAX], unsigned opcode,
                        size_t payload_len, uint32_t mask)
{
    size_t at = 2;
    out[0] = (unsigned char)(0x80 | opcode);
    if (payload_len < 126) {
        out[1] = (unsigned char)(0x80 | payload_len);
    } else {
        size_t bytes = payload_len < 65536 ? 2 : 8;
        out[1] = bytes == 2 ? 0x80 | 126 : 0x80 | 127;
        for (size_t i = bytes; i > 0; i--)
            out[at++] = (unsigned char)(payload_len >> (8 * (i - 1)));
    }
    memcpy(out + at, &mask, sizeof mask);
    return at + sizeof mask;
}

void ws_client_mask(unsigned char *payload, size_t len, uint32_t mask)
{
    unsigned char key[4];
    memcpy(key, &mask, sizeof key);
    for (size_t i = 0; i < len; i++)
        payload[i] ^= key[i & 3];
}

/* ---- upgrade */

void ws_client_request(const struct ws_client_request *r, struct buf *out)
{
    size_t query = strcspn(r->path, "?"), end = query;
    if (r->room[0])
        while (end > 0 && r->path[end - 1] == '/')
            end--;
    buf_add_format(out, "GET %.*s%s%s%s HTTP/1.1\r\nHost: %s\r\n", (int)end, r->path,
                   r->room[0] ? "/" : "", r->room, r->path + query, r->authority);
    buf_add_format(out,
                   "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: %s\r\n",
                   r->key);
    if (r->deflate)
        buf_add_text(out, TEXT("Sec-WebSocket-Extensions: permessage-deflate; "
                               "server_no_context_takeover; client_no_context_takeover\r\n"));
    buf_add_text(out, TEXT("User-Agent: snug-load\r\n\r\n"));
}

/* The value of the first header of that name; empty: none. */
static struct text header(struct text head, struct text name)
{
    struct text line;
    while (text_split(&head, '\n', &line)) {
        if (line.len <= name.len || line.data[name.len] != ':')
            continue;
        if (text_is_nocase((struct text){line.data, name.len}, name))
            return text_trim(text_after(line, name.len + 1));
    }
    return TEXT_NONE;
}

/* True if one of the parts between semicolons is that word. */
static bool has_part(struct text value, struct text word)
{
    struct text part;
    while (text_split(&value, ';', &part))
        if (text_is_nocase(text_trim(part), word))
            return true;
    return false;
}

static const char *upgraded(struct text head, const char *accept, bool deflate_asked,
                            struct ws_client_answer *out)
{
    if (!text_is_nocase(header(head, TEXT("Upgrade")), TEXT("websocket")))
        return "the answer is not that of a WebSocket";
    if (!text_is(header(head, TEXT("Sec-WebSocket-Accept")), text_of(accept)))
        return "Sec-WebSocket-Accept is wrong";
    struct text extensions = header(head, TEXT("Sec-WebSocket-Extensions"));
    if (extensions.len == 0)
        return NULL;
    if (!deflate_asked || !has_part(extensions, TEXT("permessage-deflate")) ||
        !has_part(extensions, TEXT("server_no_context_takeover")))
        return "it agreed on an extension that was not asked for";
    out->deflate = true;
    return NULL;
}

long ws_client_answer(struct text bytes, const char *accept, bool deflate_asked,
                      struct ws_client_answer *out)
{
    static const char start[] = "HTTP/1.1 ";
    const char *end = memmem(bytes.data, bytes.len, "\r\n\r\n", 4);
    *out = (struct ws_client_answer){0};
    size_t sure = bytes.len < sizeof start - 1 ? bytes.len : sizeof start - 1;
    if (memcmp(bytes.data, start, sure) != 0)
        return -1;
    if (!end)
        return 0;
    struct text head = {bytes.data, (size_t)(end - bytes.data) + 2};
    for (size_t i = sizeof start - 1; i < sizeof start + 2; i++) {
        if (i >= head.len || head.data[i] < '0' || head.data[i] > '9')
            return -1;
        out->status = out->status * 10 + (unsigned)(head.data[i] - '0');
    }
    out->why = out->status == 101 ? upgraded(head, accept, deflate_asked, out) : "";
    return (long)head.len + 2;
}
