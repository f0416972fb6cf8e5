#include "wire/json.h"

#include "base/must.h"
#include "wire/utf8.h"

struct scan {
    const char *at, *end;
};

static int peek(const struct scan *s)
{
    return s->at < s->end ? (unsigned char)*s->at : -1;
}

static void skip_space(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\n' || *s->at == '\r'))
        s->at++;
}

static bool take(struct scan *s, char c)
{
    if (peek(s) != c)
        return false;
    s->at++;
    return true;
}

static bool take_word(struct scan *s, struct text word)
{
    if ((size_t)(s->end - s->at) < word.len || memcmp(s->at, word.data, word.len) != 0)
        return false;
    s->at += word.len;
    return true;
}

static bool take_digits(struct scan *s)
{
    const char *start = s->at;
    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at > start;
}

/* source: RFC 8259 6 */
static bool scan_number(struct scan *s)
{
    (void)take(s, '-');
    if (!take(s, '0') && !take_digits(s))
        return false;
    if (take(s, '.') && !take_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            (void)take(s, '-');
        return take_digits(s);
    }
    return true;
}

static int hex_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool take_hex4(struct scan *s, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(peek(s));
        if (digit < 0)
            return false;
        *out = *out << 4 | (uint32_t)digit;
        s->at++;
    }
    return true;
}

/* What follows a backslash, as a code point. A surrogate must come as a pair: half of one is no character, and
 * would become bytes that are not UTF-8 as soon as somebody decodes it. source: RFC 8259 7, 8.2 */
static bool take_escape(struct scan *s, uint32_t *out)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    int c = peek(s);
    if (c < 0)
        return false;
    s->at++;
    if (c != 'u') {
        const char *letter = c ? strchr(letters, c) : NULL;
        *out = letter ? (uint32_t)meanings[letter - letters] : 0;
        return letter != NULL;
    }
    if (!take_hex4(s, out))
        return false;
    if (*out >= 0xdc00 && *out <= 0xdfff)
        return false;
    if (*out >= 0xd800 && *out <= 0xdbff) {
        uint32_t low;
        if (!take(s, '\\') || !take(s, 'u') || !take_hex4(s, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
    }
    return true;
}

static bool is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte, in memory, that is not zero. */
static size_t first_byte_of(uint64_t eight)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(eight) / 8;
#else
    return (size_t)__builtin_clzll(eight) / 8;
#endif
}

/* How many of some bytes are plain before the first that is not: all at once, in each a sign of those that are not. */
#define NOT_PLAIN(c)                                                                               \
    (((c) < ' ') | ((c) == '"') | ((c) == '\\')) /* from 0x80 on they are negative */

static size_t plain_of_eight(const char *bytes)
{
    int8_t __attribute__((vector_size(8))) c;
    uint64_t special;
    memcpy(&c, bytes, sizeof c);
    c = NOT_PLAIN(c);
    memcpy(&special, &c, sizeof special);
    return special ? first_byte_of(special) : 8;
}

static size_t plain_of_sixteen(const char *bytes)
{
    int8_t __attribute__((vector_size(16))) c;
    uint64_t special[2];
    memcpy(&c, bytes, sizeof c);
    c = NOT_PLAIN(c);
    memcpy(special, &c, sizeof special);
    return special[0] ? first_byte_of(special[0]) : special[1] ? 8 + first_byte_of(special[1]) : 16;
}

/* Step by step; the last step begins where it ends with the text, and looks at some bytes again that are plain. */
size_t json_plain_run(struct text t)
{
    size_t n = 0;
    while (t.len - n >= 16) {
        size_t plain = plain_of_sixteen(t.data + n);
        n += plain;
        if (plain < 16)
            return n;
    }
    if (n == t.len)
        return n;
    if (t.len >= 16)
        return t.len - 16 + plain_of_sixteen(t.data + t.len - 16);
    if (t.len >= 8) {
        n = plain_of_eight(t.data);
        return n < 8 ? n : t.len - 8 + plain_of_eight(t.data + t.len - 8);
    }
    while (n < t.len && is_plain((unsigned char)t.data[n]))
        n++;
    return n;
}

static bool scan_string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    for (;;) {
        s->at += json_plain_run((struct text){s->at, (size_t)(s->end - s->at)});
        int c = peek(s);
        if (c < ' ')
            return false; /* the end, or a control character */
        if (c >= 0x80) {
            size_t n = utf8_first((struct text){s->at, (size_t)(s->end - s->at)});
            if (n == 0)
                return false;
            s->at += n;
            continue;
        }
        s->at++;
        if (c == '"')
            return true;
        uint32_t code_point;
        if (!take_escape(s, &code_point))
            return false;
    }
}

static bool scan_value(struct scan *s, unsigned depth_left);

/* The inside of an object or array after its opening bracket. */
static bool scan_items(struct scan *s, char end, unsigned depth_left)
{
    skip_space(s);
    if (take(s, end))
        return true;
    do {
        skip_space(s);
        if (end == '}') {
            if (!scan_string(s))
                return false;
            skip_space(s);
            if (!take(s, ':'))
                return false;
            skip_space(s);
        }
        if (!scan_value(s, depth_left))
            return false;
        skip_space(s);
    } while (take(s, ','));
    return take(s, end);
}

static bool scan_value(struct scan *s, unsigned depth_left)
{
    switch (peek(s)) {
    case '{':
    case '[': {
        char end = *s->at++ == '{' ? '}' : ']';
        return depth_left > 0 && scan_items(s, end, depth_left - 1);
    }
    case '"':
        return scan_string(s);
    case 't':
        return take_word(s, TEXT("true"));
    case 'f':
        return take_word(s, TEXT("false"));
    case 'n':
        return take_word(s, TEXT("null"));
    default:
        return scan_number(s);
    }
}

static struct scan scan_of(struct text t)
{
    const char *at = t.data ? t.data : "";
    return (struct scan){at, at + t.len};
}

static struct text rest_of(const struct scan *s)
{
    return (struct text){s->at, (size_t)(s->end - s->at)};
}

bool json_next(struct text t, unsigned depth_max, struct text *out_value, struct text *out_rest)
{
    must(depth_max <= JSON_DEPTH_MAX);
    struct scan s = scan_of(json_skip_space(t));
    const char *start = s.at;
    if (!scan_value(&s, depth_max))
        return false;
    *out_value = (struct text){start, (size_t)(s.at - start)};
    *out_rest = rest_of(&s);
    return true;
}

bool json_valid(struct text t, unsigned depth_max)
{
    struct text value, rest;
    return json_next(t, depth_max, &value, &rest) && json_skip_space(rest).len == 0;
}

enum json_step json_key(struct text *rest, bool first, struct text *out_key)
{
    struct scan s = scan_of(*rest);
    skip_space(&s);
    if (first && !take(&s, '{'))
        return JSON_BAD;
    if (first)
        skip_space(&s);
    if (take(&s, '}')) {
        *rest = rest_of(&s);
        return JSON_END;
    }
    if (!first && !take(&s, ','))
        return JSON_BAD;
    if (!first)
        skip_space(&s);
    const char *start = s.at;
    if (!scan_string(&s))
        return JSON_BAD;
    *out_key = (struct text){start, (size_t)(s.at - start)};
    skip_space(&s);
    if (!take(&s, ':'))
        return JSON_BAD;
    *rest = rest_of(&s);
    return JSON_KEY;
}

struct text json_skip_space(struct text t)
{
    struct scan s = scan_of(t);
    skip_space(&s);
    return rest_of(&s);
}

/* Moves to the next item: past the opening bracket at first, past the comma later. False: there is none. */
static bool step_to_item(struct scan *s, char open, char close)
{
    skip_space(s);
    bool first = take(s, open);
    if (!first && !take(s, ','))
        return false;
    skip_space(s);
    return !first || peek(s) != close;
}

/* ---- walking what is known to be valid: to the end of a value without looking at what is in it. In what is not valid it
 * finds some end within the bounds. */

static void skip_string(struct scan *s)
{
    for (s->at++;;) {
        s->at += json_plain_run(rest_of(s));
        int c = peek(s);
        if (c < 0)
            return;
        s->at++;
        if (c == '"')
            return;
        if (c == '\\' && s->at < s->end)
            s->at++;
    }
}

static void skip_nested(struct scan *s)
{
    for (unsigned depth = 0; s->at < s->end;) {
        char c = *s->at;
        if (c == '"') {
            skip_string(s);
            continue;
        }
        s->at++;
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return;
    }
}

static bool take_value(struct scan *s, struct text *out_value)
{
    skip_space(s);
    const char *start = s->at;
    int c = peek(s);
    if (c == '"')
        skip_string(s);
    else if (c == '{' || c == '[')
        skip_nested(s);
    else
        while (s->at < s->end && !strchr(",:]} \t\n\r", *s->at))
            s->at++;
    *out_value = (struct text){start, (size_t)(s->at - start)};
    return out_value->len > 0;
}

bool json_element(struct text *rest, struct text *out_value)
{
    struct scan s = scan_of(*rest);
    bool found = step_to_item(&s, '[', ']') && take_value(&s, out_value);
    *rest = rest_of(&s);
    return found;
}

static void decode_string(struct text value, struct buf *out)
{
    struct scan s = scan_of((struct text){value.data + 1, value.len - 2});
    while (s.at < s.end) {
        const char *escape = memchr(s.at, '\\', (size_t)(s.end - s.at));
        const char *plain_end = escape ? escape : s.end;
        buf_add(out, s.at, (size_t)(plain_end - s.at));
        s.at = plain_end;
        uint32_t code_point;
        if (take(&s, '\\')) {
            char bytes[4];
            must(take_escape(&s, &code_point)); /* the caller has a valid string */
            buf_add(out, bytes, utf8_encode(code_point, bytes));
        }
    }
}

void json_string(struct text value, struct buf *out)
{
    must(value.len >= 2 && value.data[0] == '"');
    decode_string(value, out);
}

/* Keys are short; one that does not fit is none that anybody asks for. */
struct text json_key_text(struct text key, char room[JSON_KEY_MAX])
{
    if (!memchr(key.data, '\\', key.len))
        return (struct text){key.data + 1, key.len - 2};
    struct text decoded = TEXT_NONE;
    struct buf b;
    buf_init(&b, JSON_KEY_MAX - 1);
    decode_string(key, &b);
    if (b.err == ERR_OK && !memchr(b.data, 0, b.len))
        decoded = (struct text){room, text_copy(room, JSON_KEY_MAX, buf_text(&b))};
    buf_fini(&b);
    return decoded;
}

bool json_entry(struct text *rest, struct text *out_key, struct text *out_value)
{
    struct scan s = scan_of(*rest);
    bool found = false;
    if (step_to_item(&s, '{', '}') && take_value(&s, out_key) && out_key->data[0] == '"') {
        skip_space(&s);
        found = take(&s, ':') && take_value(&s, out_value);
    }
    *rest = rest_of(&s);
    return found;
}

bool json_member(struct text *rest, struct json_member *out)
{
    struct text key;
    bool found = json_entry(rest, &key, &out->value);
    out->key[0] = 0;
    if (found)
        key = json_key_text(key, out->key);
    if (found && key.len < JSON_KEY_MAX && key.data != out->key && !memchr(key.data, 0, key.len))
        (void)text_copy(out->key, JSON_KEY_MAX, key);
    return found;
}

struct text json_find(struct text object, const char *key)
{
    struct json_member m;
    while (json_member(&object, &m))
        if (strcmp(m.key, key) == 0)
            return m.value;
    return TEXT_NONE;
}

enum json_kind json_kind(struct text value)
{
    must(value.len > 0);
    switch (value.data[0]) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

bool json_int(struct text value, int64_t min, int64_t max, int64_t *out)
{
    bool negative = value.len > 0 && value.data[0] == '-';
    struct text digits = negative ? text_after(value, 1) : value;
    if (digits.len == 0 || digits.len > 19)
        return false;
    uint64_t n = 0; /* 19 digits always fit */
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(digits.data[i] - '0');
    }
    if (n > (uint64_t)INT64_MAX)
        return false;
    int64_t number = negative ? -(int64_t)n : (int64_t)n;
    if (number < min || number > max)
        return false;
    *out = number;
    return true;
}
