#include "wire/ws_frame.h"

#include "base/must.h"
#include "wire/ws_deflate.h"

#include <openssl/evp.h>
#include <pthread.h>

enum {
    CLOSE_PROTOCOL = 1002,
    CLOSE_NONE_GIVEN = 1005,
    CLOSE_UTF8 = 1007,
    CLOSE_TOO_BIG = 1009,
    CLOSE_FAILED = 1011
};

void ws_decoder_init(struct ws_decoder *d, size_t message_max_bytes)
{
    *d = (struct ws_decoder){.message_max_bytes = message_max_bytes,
                             .message_opcode = WS_CONTINUATION};
    buf_init(&d->message, message_max_bytes);
}

void ws_decoder_agree(struct ws_decoder *d, const struct ws_deflate *agreed)
{
    d->inflate.window_bits = agreed->client_bits;
    d->inflate.takeover = agreed->client_takeover;
}

void ws_decoder_fini(struct ws_decoder *d)
{
    ws_inflate_fini(&d->inflate);
    buf_fini(&d->message);
}

bool ws_decoder_idle(const struct ws_decoder *d)
{
    return d->header_len == 0 && !d->in_payload && d->message_opcode == WS_CONTINUATION &&
           !d->message.data && !d->inflate.stream && !d->ended;
}

/* ---- header */

static bool frame_fin(const struct ws_decoder *d)
{
    return d->header[0] & 0x80;
}

static enum ws_opcode frame_opcode(const struct ws_decoder *d)
{
    return (enum ws_opcode)(d->header[0] & 0x0f);
}

static bool frame_is_control(const struct ws_decoder *d)
{
    return d->header[0] & 0x08;
}

/* RSV1 on the first frame says it for the whole message. source: RFC 7692 6 */
static bool frame_is_compressed(const struct ws_decoder *d)
{
    return frame_opcode(d) == WS_CONTINUATION ? d->compressed : d->header[0] & 0x40;
}

/* Bytes of the extended length: 0, 2 or 8. */
static unsigned length_bytes(const struct ws_decoder *d)
{
    unsigned seven = d->header[1] & 0x7f;
    return seven == 127 ? 8 : seven == 126 ? 2 : 0;
}

/* Each of these looks at what just came, as early as it can be judged; 0 or a close code. */
static unsigned check_first_byte(const struct ws_decoder *d)
{
    unsigned rsv = d->header[0] & 0x70;
    bool begins = frame_opcode(d) == WS_TEXT || frame_opcode(d) == WS_BINARY;
    if (rsv != 0 && !(rsv == 0x40 && begins && d->inflate.window_bits > 0))
        return CLOSE_PROTOCOL;
    bool open = d->message_opcode != WS_CONTINUATION;
    switch ((unsigned)frame_opcode(d)) {
    case WS_CONTINUATION:
        return open ? 0 : CLOSE_PROTOCOL;
    case WS_TEXT:
    case WS_BINARY:
        return open ? CLOSE_PROTOCOL : 0;
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG:
        return frame_fin(d) ? 0 : CLOSE_PROTOCOL;
    default:
        return CLOSE_PROTOCOL;
    }
}

static unsigned check_second_byte(const struct ws_decoder *d)
{
    bool masked = d->header[1] & 0x80;
    return masked && !(frame_is_control(d) && length_bytes(d) > 0) ? 0 : CLOSE_PROTOCOL;
}

/* What cannot be compressed becomes a little longer. */
static bool is_too_big(const struct ws_decoder *d, uint64_t n)
{
    size_t most = d->message_max_bytes;
    if (frame_is_compressed(d))
        return n > most + most / 64 + 64 - d->compressed_bytes;
    return n > most - d->message.len;
}

static unsigned check_length(struct ws_decoder *d)
{
    unsigned extended = length_bytes(d);
    uint64_t n = extended ? 0 : d->header[1] & 0x7f;
    for (unsigned i = 0; i < extended; i++)
        n = n << 8 | d->header[2 + i];
    if ((extended == 2 && n < 126) || (extended == 8 && (n <= UINT16_MAX || n >> 63)))
        return CLOSE_PROTOCOL;
    if (!frame_is_control(d) && is_too_big(d, n))
        return CLOSE_TOO_BIG;
    d->payload_left = n;
    return 0;
}

static void begin_payload(struct ws_decoder *d)
{
    d->in_payload = true;
    d->mask_at = 0;
    d->control_len = 0;
    if (frame_opcode(d) == WS_TEXT || frame_opcode(d) == WS_BINARY) {
        d->message_opcode = frame_opcode(d);
        d->utf8 = (struct utf8_state){0};
        d->compressed = frame_is_compressed(d);
        d->compressed_bytes = 0;
        ws_inflate_begin(&d->inflate);
    }
    if (!frame_is_control(d) && d->compressed)
        d->compressed_bytes += d->payload_left;
}

/* Eats header bytes; 0 or a close code. in_payload is set once the header is whole. */
static unsigned read_header(struct ws_decoder *d, unsigned char **bytes, size_t *len)
{
    unsigned code = 0;
    while (*len > 0 && !d->in_payload && code == 0) {
        d->header[d->header_len++] = *(*bytes)++;
        (*len)--;
        if (d->header_len == 1) {
            code = check_first_byte(d);
            continue;
        }
        if (d->header_len == 2)
            code = check_second_byte(d);
        unsigned length_end = 2 + length_bytes(d);
        if (code == 0 && d->header_len == length_end)
            code = check_length(d);
        if (d->header_len == length_end + 4)
            begin_payload(d);
    }
    return code;
}

/* ---- payload */

static void unmask(struct ws_decoder *d, unsigned char *at, size_t len)
{
    const unsigned char *key = d->header + d->header_len - 4;
    unsigned char turned[8]; /* the key from mask_at on, twice */
    for (unsigned i = 0; i < sizeof turned; i++)
        turned[i] = key[(d->mask_at + i) & 3];
    uint64_t wide, word;
    memcpy(&wide, turned, sizeof wide);
    size_t i = 0;
    for (; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, at + i, sizeof word);
        word ^= wide;
        memcpy(at + i, &word, sizeof word);
    }
    for (; i < len; i++)
        at[i] ^= turned[i & 7];
    d->mask_at = (uint8_t)((d->mask_at + len) & 3);
}

static struct ws_event failed(struct ws_decoder *d, unsigned code)
{
    d->ended = true;
    ws_decoder_fini(d);
    return (struct ws_event){.kind = WS_EVENT_ERROR, .code = code, .payload = TEXT_NONE};
}

/* source: RFC 6455 5.5.1 */
static struct ws_event closed(struct ws_decoder *d, struct text payload)
{
    struct ws_event event = {WS_EVENT_CLOSE, WS_CLOSE, CLOSE_NONE_GIVEN, TEXT_NONE};
    if (payload.len == 1)
        return failed(d, CLOSE_PROTOCOL);
    if (payload.len >= 2) {
        event.code =
            (unsigned)((unsigned char)payload.data[0] << 8 | (unsigned char)payload.data[1]);
        event.payload = text_after(payload, 2);
        if (!ws_close_code_valid(event.code))
            return failed(d, CLOSE_PROTOCOL);
        if (!utf8_valid(event.payload))
            return failed(d, CLOSE_UTF8);
    }
    d->ended = true;
    ws_decoder_fini(d);
    return event;
}

/* A piece of a control frame; `piece` is the whole of it if nothing was kept and nothing is missing. */
static struct ws_event eat_control(struct ws_decoder *d, struct text piece)
{
    bool whole = d->payload_left == 0;
    if (d->control_len > 0 || !whole) {
        must(d->control_len + piece.len <= sizeof d->control);
        if (piece.len > 0)
            memcpy(d->control + d->control_len, piece.data, piece.len);
        d->control_len = (uint8_t)(d->control_len + piece.len);
        piece = (struct text){(const char *)d->control, d->control_len};
    }
    if (!whole)
        return (struct ws_event){.kind = WS_EVENT_NONE};
    switch ((unsigned)frame_opcode(d)) {
    case WS_CLOSE:
        return closed(d, piece);
    case WS_PING:
        return (struct ws_event){WS_EVENT_PING, WS_PING, 0, piece};
    default:
        return (struct ws_event){WS_EVENT_PONG, WS_PONG, 0, piece};
    }
}

/* Adds to what is kept; 0 or a close code. */
static unsigned keep(struct ws_decoder *d, struct text piece)
{
    buf_add_text(&d->message, piece);
    return d->message.err == ERR_OK      ? 0
           : d->message.err == ERR_LIMIT ? CLOSE_TOO_BIG
                                         : CLOSE_FAILED;
}

static bool may_be_text(struct ws_decoder *d, struct text piece)
{
    return d->message_opcode != WS_TEXT || utf8_feed(&d->utf8, piece.data, piece.len);
}

/* In small steps, up to one byte over the limit: the first fault of a message is found first, and early, in any split. */
static unsigned keep_inflated(struct ws_decoder *d, struct text piece, bool whole)
{
    char step[4096];
    size_t n = 0;
    enum err e;
    do {
        size_t left = d->message_max_bytes - d->message.len + 1;
        e = ws_inflate_some(&d->inflate, &piece, step, left < sizeof step ? left : sizeof step, &n);
        if (e != ERR_OK)
            break;
        struct text inflated = {step, n};
        unsigned code = may_be_text(d, inflated) ? keep(d, inflated) : CLOSE_UTF8;
        if (code != 0)
            return code;
    } while (piece.len > 0 || n > 0);
    if (e == ERR_OK && whole)
        e = ws_inflate_end(&d->inflate);
    return e == ERR_OK ? 0 : e == ERR_NOMEM ? CLOSE_FAILED : CLOSE_UTF8;
}

static struct ws_event eat_message(struct ws_decoder *d, struct text piece)
{
    bool whole = d->payload_left == 0 && frame_fin(d);
    bool kept = d->compressed || d->message.len > 0 || !whole;
    unsigned code = d->compressed           ? keep_inflated(d, piece, whole)
                    : may_be_text(d, piece) ? 0
                                            : CLOSE_UTF8;
    if (code == 0 && kept && !d->compressed)
        code = keep(d, piece);
    if (code != 0)
        return failed(d, code);
    if (!whole)
        return (struct ws_event){.kind = WS_EVENT_NONE};
    if (d->utf8.need > 0)
        return failed(d, CLOSE_UTF8);
    struct ws_event event = {WS_EVENT_MESSAGE, d->message_opcode, 0,
                             kept ? buf_text(&d->message) : piece};
    d->message_opcode = WS_CONTINUATION;
    d->message_given = true;
    return event;
}

static struct ws_event read_payload(struct ws_decoder *d, unsigned char **bytes, size_t *len)
{
    size_t n = *len < d->payload_left ? *len : (size_t)d->payload_left;
    struct text piece = {n > 0 ? (const char *)*bytes : "", n};
    if (n > 0)
        unmask(d, *bytes, n);
    *bytes += n;
    *len -= n;
    d->payload_left -= n;
    if (d->payload_left == 0) {
        d->in_payload = false;
        d->header_len = 0;
    }
    return frame_is_control(d) ? eat_control(d, piece) : eat_message(d, piece);
}

struct ws_event ws_decode(struct ws_decoder *d, unsigned char **bytes, size_t *len)
{
    if (d->message_given) {
        buf_fini(&d->message);
        d->message_given = false;
    }
    struct ws_event event = {.kind = WS_EVENT_NONE, .payload = TEXT_NONE};
    while (event.kind == WS_EVENT_NONE && !d->ended) {
        if (!d->in_payload) {
            unsigned code = read_header(d, bytes, len);
            if (code != 0)
                return failed(d, code);
        }
        /* An empty payload is whole although no byte is left. */
        if (!d->in_payload || (*len == 0 && d->payload_left > 0))
            return event;
        event = read_payload(d, bytes, len);
    }
    if (event.kind == WS_EVENT_NONE && d->ended) {
        *bytes += *len;
        *len = 0;
    }
    return event;
}

/* ---- out */

size_t ws_header(unsigned char out[WS_HEADER_MAX], enum ws_opcode opcode, size_t payload_len)
{
    out[0] = (unsigned char)(0x80 | (unsigned)opcode);
    unsigned extended = payload_len <= WS_CONTROL_MAX ? 0 : payload_len <= UINT16_MAX ? 2 : 8;
    out[1] = (unsigned char)(extended == 0 ? payload_len : extended == 2 ? 126 : 127);
    for (unsigned i = 0; i < extended; i++)
        out[2 + i] = (unsigned char)(payload_len >> (8 * (extended - 1 - i)));
    return 2 + extended;
}

struct frame *ws_frame(enum ws_opcode opcode, struct text payload)
{
    unsigned char header[WS_HEADER_MAX];
    size_t n = ws_header(header, opcode, payload.len);
    return frame_join((struct text){(const char *)header, n}, payload);
}

struct frame *ws_close_frame(unsigned code, struct text reason)
{
    if (code == CLOSE_NONE_GIVEN)
        return ws_frame(WS_CLOSE, TEXT_NONE);
    char payload[WS_CONTROL_MAX] = {(char)(code >> 8), (char)code};
    size_t n = reason.len;
    if (n > sizeof payload - 2) {
        n = sizeof payload - 2;
        while (n > 0 && ((unsigned char)reason.data[n] & 0xc0) == 0x80)
            n--; /* not in the middle of a character */
    }
    if (n > 0)
        memcpy(payload + 2, reason.data, n);
    return ws_frame(WS_CLOSE, (struct text){payload, n + 2});
}

bool ws_close_code_valid(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

/* 22 letters of base64 and two of padding are 16 bytes. */
static bool is_key(struct text key)
{
    unsigned char bytes[18];
    if (key.len != 24 || memcmp(key.data + 22, "==", 2) != 0 || memchr(key.data, '=', 22))
        return false;
    for (size_t i = 0; i < 22; i++)
        if ((unsigned char)key.data[i] <= ' ')
            return false; /* EVP_DecodeBlock would skip it */
    return EVP_DecodeBlock(bytes, (const unsigned char *)key.data, 24) == sizeof bytes;
}

static pthread_once_t sha1_once = PTHREAD_ONCE_INIT;
static const EVP_MD *sha1; /* once: EVP_sha1() is looked for anew at each use */

static void find_sha1(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    if (!sha1)
        sha1 = EVP_sha1();
}

bool ws_accept(struct text key, char out[WS_ACCEPT_SIZE])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    if (!is_key(key))
        return false;
    char joined[24 + sizeof guid - 1];
    memcpy(joined, key.data, 24);
    memcpy(joined + 24, guid, sizeof guid - 1);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    (void)pthread_once(&sha1_once, find_sha1);
    if (EVP_Digest(joined, sizeof joined, digest, &digest_len, sha1, NULL) != 1)
        return false;
    return EVP_EncodeBlock((unsigned char *)out, digest, (int)digest_len) == WS_ACCEPT_SIZE - 1;
}
