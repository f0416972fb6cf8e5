#include "http/request_end.h"

#include <strings.h>

#define CHUNK_LINE_MAX 256 /* as body.c reads them */
#define TRAILERS_MAX 4096

enum phase { IN_HEAD, IN_BODY, IN_SIZE, IN_CHUNK, IN_TRAILERS, AT_END };

/* ---- the head */

static bool is_control(unsigned char c)
{
    return (c < ' ' && c != '\r' && c != '\n') || c == 0x7f;
}

/* Length of the head; 0: no end yet; SIZE_MAX: there is a byte in it that no head has. */
static size_t find_head(struct request_end *s, struct text bytes)
{
    for (; s->at < bytes.len; s->at++) {
        char c = bytes.data[s->at];
        if (is_control((unsigned char)c))
            return SIZE_MAX;
        if (c != '\n' || s->at == 0)
            continue;
        const char *end = bytes.data + s->at;
        if (end[-1] == '\n' || (s->at >= 3 && memcmp(end - 3, "\r\n\r\n", 4) == 0))
            return s->at + 1;
    }
    return 0;
}

struct said {
    struct text length, coding;
    unsigned lengths, codings;
    bool expects, upgrade, cookie;
};

static struct said read_headers(struct text head)
{
    struct said said = {0};
    struct text line, name;
    (void)text_split(&head, '\n', &line); /* the request's own line */
    while (text_split(&head, '\n', &line)) {
        struct text value = line;
        if (!memchr(line.data, ':', line.len) || !text_split(&value, ':', &name))
            continue;
        name = text_trim(name);
        value = text_trim(value);
        if (text_is_nocase(name, TEXT("Content-Length"))) {
            said.length = value;
            said.lengths++;
        } else if (text_is_nocase(name, TEXT("Transfer-Encoding"))) {
            said.coding = value;
            said.codings++;
        }
        said.expects |=
            text_is_nocase(name, TEXT("Expect")) && text_is_nocase(value, TEXT("100-continue"));
        said.upgrade |=
            text_is_nocase(name, TEXT("Upgrade")) && text_is_nocase(value, TEXT("websocket"));
        said.cookie |= text_is_nocase(name, TEXT("Cookie"));
    }
    return said;
}

static bool is_at(struct text head, const char *path)
{
    if (!path || !text_starts(head, TEXT("GET ")))
        return false;
    struct text rest = text_after(head, 4), wanted = text_of(path);
    return rest.len > wanted.len && text_starts(rest, wanted) &&
           (rest.data[wanted.len] == ' ' || rest.data[wanted.len] == '?');
}

/* Only the body of a POST or PUT is read by anybody. A length that is said twice, is no number or is too long is refused at once. */
static void end_head(struct request_end *s, const struct request_rules *rules, struct text head)
{
    struct said said = read_headers(head);
    s->phase = AT_END;
    s->quick = said.upgrade && !said.cookie && said.lengths + said.codings == 0 &&
               is_at(head, rules->quick_path);
    if (rules->body_max == 0 || said.lengths + said.codings != 1 ||
        !(text_starts(head, TEXT("POST ")) || text_starts(head, TEXT("PUT "))))
        return;
    int64_t length = text_number(said.length);
    s->left = length > 0 ? (uint64_t)length : 0;
    if (said.codings == 1 && text_is_nocase(said.coding, TEXT("chunked")))
        s->phase = IN_SIZE;
    else if (s->left > 0 && s->left <= rules->body_max)
        s->phase = IN_BODY;
    s->expects = said.expects && s->phase != AT_END;
}

/* ---- the body */

/* A line with its end from s->at on; false: it has not come. */
static bool next_line(const struct request_end *s, struct text bytes, struct text *out)
{
    struct text rest = text_after(bytes, s->at);
    const char *end = rest.len > 0 ? memchr(rest.data, '\n', rest.len) : NULL;
    *out = (struct text){rest.data, end ? (size_t)(end - rest.data) + 1 : rest.len};
    return end != NULL;
}

/* "1a2b;extension"; false: not of this form. */
static bool read_size(struct text line, uint64_t *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    *out = 0;
    for (; n < line.len && line.data[n] != ';' && line.data[n] != '\r'; n++) {
        char c = line.data[n];
        const char *digit = c ? strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c) : NULL;
        if (!digit || n == 8)
            return false;
        *out = *out * 16 + (uint64_t)(digit - digits);
    }
    return n > 0;
}

/* One step through the chunks. False: more bytes are needed. */
static bool step(struct request_end *s, const struct request_rules *rules, struct text bytes)
{
    struct text line;
    bool lines =
        s->phase == IN_SIZE || s->phase == IN_TRAILERS; /* a body may be long: no search in it */
    bool ended = lines && next_line(s, bytes, &line);
    uint64_t here = bytes.len - s->at;
    switch ((enum phase)s->phase) {
    case IN_BODY:
        if (here < s->left)
            return false;
        s->body_came = true;
        s->phase = AT_END;
        return true;
    case IN_CHUNK:
        if (here < s->left + 2)
            return false;
        s->at += s->left + 2;
        s->phase = memcmp(bytes.data + s->at - 2, "\r\n", 2) == 0 ? IN_SIZE : AT_END;
        return true;
    case IN_SIZE:
        if (!ended && line.len < CHUNK_LINE_MAX)
            return false;
        s->at += line.len;
        s->phase = IN_CHUNK;
        if (!ended || line.len > CHUNK_LINE_MAX || !read_size(line, &s->left))
            s->phase = AT_END;
        else if (s->left == 0)
            s->phase = IN_TRAILERS;
        s->carried += s->left;
        if (s->carried > rules->body_max)
            s->phase = AT_END;
        s->left += s->phase == IN_TRAILERS ? s->at : 0; /* where they began */
        return true;
    case IN_TRAILERS:
        if (!ended && bytes.len - s->left < TRAILERS_MAX)
            return false;
        s->at += line.len;
        if (line.len <= 2 || s->at - s->left >= TRAILERS_MAX)
            s->phase = AT_END;
        s->body_came = ended && line.len == 2;
        return true;
    case IN_HEAD:
    case AT_END:
        break;
    }
    return false;
}

enum request_state request_end_look(struct request_end *s, const struct request_rules *rules,
                                    struct text bytes)
{
    if (s->phase == IN_HEAD) {
        size_t head = find_head(s, bytes);
        if (head == 0)
            return bytes.len < rules->head_max ? REQUEST_MORE : REQUEST_HEAD_LONG;
        if (head == SIZE_MAX)
            return REQUEST_WHOLE;
        if (head > rules->head_max)
            return REQUEST_HEAD_LONG;
        s->at = s->head = head;
        end_head(s, rules, (struct text){bytes.data, head});
    }
    while (s->phase != AT_END && step(s, rules, bytes))
        continue;
    if (s->phase == AT_END)
        return REQUEST_WHOLE;
    return bytes.len - s->head > 2 * rules->body_max + rules->head_max ? REQUEST_BODY_LONG
                                                                       : REQUEST_MORE;
}
