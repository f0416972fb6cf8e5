#include "http/headers.h"

#include "base/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

/* Most are told apart by their first letter. */
static bool is_named(const struct door_header *h, const char *name)
{
    return (h->name[0] | 0x20) == (name[0] | 0x20) && strcasecmp(h->name, name) == 0;
}

unsigned header_count(const struct door_request *r, const char *name)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->headers_count; i++)
        n += is_named(&r->headers[i], name);
    return n;
}

struct text header_get(const struct door_request *r, const char *name)
{
    for (unsigned i = 0; i < r->headers_count; i++)
        if (is_named(&r->headers[i], name))
            return text_trim(text_of(r->headers[i].value));
    return TEXT_NONE;
}

bool header_has_token(const struct door_request *r, const char *name, struct text token)
{
    for (unsigned i = 0; i < r->headers_count; i++) {
        if (!is_named(&r->headers[i], name))
            continue;
        struct text rest = text_of(r->headers[i].value), part;
        while (text_split(&rest, ',', &part))
            if (text_is_nocase(text_trim(part), token))
                return true;
    }
    return false;
}

bool head_is_secure(const struct door_request *r)
{
    struct text list = header_get(r, "X-Forwarded-Proto"), first = TEXT_NONE;
    (void)text_split(&list, ',', &first);
    return r->secure || text_is_nocase(text_trim(first), TEXT("https"));
}

bool head_is_forwarded(const struct door_request *r)
{
    static const char *const signs[] = {"X-Forwarded-Proto", "X-Forwarded-For", "X-Forwarded-Host",
                                        "X-Real-IP",         "Forwarded",       "Via"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (header_count(r, signs[i]) > 0)
            return true;
    return false;
}

static bool is_address(const char *s)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, s, bytes) == 1 || inet_pton(AF_INET6, s, bytes) == 1;
}

void head_address(const struct door_request *r, char out[46])
{
    char said[46] = "";
    for (unsigned i = 0; address_is_local(text_of(r->address)) && i < r->headers_count; i++) {
        if (!is_named(&r->headers[i], "X-Forwarded-For"))
            continue;
        struct text rest = text_of(r->headers[i].value), last = TEXT_NONE;
        while (text_split(&rest, ',', &last))
            continue;
        text_copy(said, sizeof said, text_trim(last));
    }
    text_copy(out, 46, text_of(is_address(said) ? said : r->address));
}

struct text cookie_find(struct text header, struct text name)
{
    struct text pair, key;
    while (text_split(&header, ';', &pair)) {
        struct text value = text_trim(pair);
        if (memchr(value.data, '=', value.len) && text_split(&value, '=', &key) &&
            text_is(key, name))
            return value;
    }
    return TEXT_NONE;
}

struct text header_cookie(const struct door_request *r, const char *name)
{
    for (unsigned i = 0; i < r->headers_count; i++) {
        if (!is_named(&r->headers[i], "Cookie"))
            continue;
        struct text value = cookie_find(text_of(r->headers[i].value), text_of(name));
        if (value.len > 0)
            return value;
    }
    return TEXT_NONE;
}

/* ---- Accept-Encoding */

/* A weight in thousandths: "1", "0.5", "0.123"; what is malformed counts as 1000, so that it cannot refuse. */
static int weight_of(struct text t)
{
    if (t.len == 0 || t.len > 5 || (t.data[0] != '0' && t.data[0] != '1') ||
        (t.len > 1 && t.data[1] != '.'))
        return 1000;
    int weight = (t.data[0] - '0') * 1000;
    for (size_t i = 2, unit = 100; i < t.len; i++, unit /= 10) {
        if (t.data[i] < '0' || t.data[i] > '9')
            return 1000;
        weight += (t.data[i] - '0') * (int)unit;
    }
    return weight > 1000 ? 1000 : weight;
}

/* "gzip;q=0.5" -> name "gzip", weight 500. */
static struct text name_and_weight(struct text item, int *out_weight)
{
    struct text name = TEXT_NONE, parameter;
    *out_weight = 1000;
    (void)text_split(&item, ';', &name);
    while (text_split(&item, ';', &parameter)) {
        parameter = text_trim(parameter);
        if (parameter.len >= 2 && (parameter.data[0] | 0x20) == 'q' && parameter.data[1] == '=')
            *out_weight = weight_of(text_trim(text_after(parameter, 2)));
    }
    return text_trim(name);
}

enum coding coding_choose(struct text accept, unsigned offered)
{
    int weights[CODING_COUNT] = {-1, -1, -1}; /* -1: not named */
    int others = -1;
    struct text item;
    while (text_split(&accept, ',', &item)) {
        int weight;
        struct text name = name_and_weight(item, &weight);
        if (text_is_nocase(name, TEXT("identity")))
            weights[CODING_PLAIN] = weight;
        else if (text_is_nocase(name, TEXT("gzip")) || text_is_nocase(name, TEXT("x-gzip")))
            weights[CODING_GZIP] = weight;
        else if (text_is_nocase(name, TEXT("br")))
            weights[CODING_BROTLI] = weight;
        else if (text_is(name, TEXT("*")))
            others = weight;
    }
    enum coding best = CODING_PLAIN;
    int most = weights[CODING_PLAIN] > 0 ? weights[CODING_PLAIN] : 0;
    for (enum coding e = CODING_GZIP; e < CODING_COUNT; e++) {
        int weight = weights[e] >= 0 ? weights[e] : others;
        if (!(offered & (1u << e)) || weight <= 0 || weight < most)
            continue;
        best = e;
        most = weight;
    }
    return best;
}

bool etag_matches(struct text if_none_match, struct text etag)
{
    struct text item;
    while (text_split(&if_none_match, ',', &item)) {
        item = text_trim(item);
        if (text_starts(item, TEXT("W/")))
            item = text_after(item, 2);
        if (text_is(item, etag) || text_is(item, TEXT("*")))
            return true;
    }
    return false;
}

bool media_is(struct text content_type, struct text wanted)
{
    struct text type = TEXT_NONE;
    (void)text_split(&content_type, ';', &type);
    return text_is_nocase(text_trim(type), wanted);
}

/* ---- Origin */

struct place {
    struct text host;
    unsigned port; /* 0: none given */
};

/* "host:port", "[::1]:port", "host"; false: not of this form. */
static bool split_place(struct text t, struct place *out)
{
    size_t end = t.len;
    if (t.len > 0 && t.data[0] == '[') {
        const char *bracket = memchr(t.data, ']', t.len);
        if (!bracket)
            return false;
        end = (size_t)(bracket - t.data) + 1;
    } else {
        const char *colon = t.len > 0 ? memchr(t.data, ':', t.len) : NULL;
        if (colon)
            end = (size_t)(colon - t.data);
    }
    *out = (struct place){.host = {t.data, end}};
    if (end == t.len)
        return end > 0;
    int64_t port = text_id(text_after(t, end + 1));
    out->port = (unsigned)port;
    return end > 0 && t.data[end] == ':' && port > 0 && port <= 65535;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Without case; a star stands for any bytes, none too. */
static bool pattern_matches(struct text pattern, struct text t)
{
    size_t p = 0, i = 0, star = SIZE_MAX, tried = 0;
    while (i < t.len) {
        if (p < pattern.len && pattern.data[p] == '*') {
            star = p++;
            tried = i;
        } else if (p < pattern.len && lower(pattern.data[p]) == lower(t.data[i])) {
            p++, i++;
        } else if (star != SIZE_MAX) {
            p = star + 1; /* the star takes one more */
            i = ++tried;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.data[p] == '*')
        p++;
    return p == pattern.len;
}

static bool is_own(struct text origin, struct text host, bool secure)
{
    bool https = text_starts(origin, TEXT("https://"));
    if ((!https && !text_starts(origin, TEXT("http://"))) || (secure && !https))
        return false;
    struct place from, to;
    if (!split_place(text_after(origin, https ? 8 : 7), &from) || !split_place(host, &to))
        return false;
    /* A proxy that ends TLS may not say so: then the page's scheme says the default. */
    unsigned fallback = https ? 443 : 80;
    return text_is_nocase(from.host, to.host) &&
           (from.port ? from.port : fallback) == (to.port ? to.port : fallback);
}

bool origin_allowed(struct text origin, struct text host, bool secure, struct text patterns)
{
    if (is_own(origin, host, secure))
        return true;
    struct text pattern;
    while (text_split(&patterns, ' ', &pattern))
        if (pattern.len > 0 && pattern_matches(pattern, origin))
            return true;
    return false;
}

enum range range_read(struct text range, int64_t size, int64_t *out_from, int64_t *out_to)
{
    struct text unit, first;
    if (!text_split(&range, '=', &unit) || !text_is_nocase(text_trim(unit), TEXT("bytes")) ||
        !text_split(&range, '-', &first) || !range.data)
        return RANGE_ALL;
    first = text_trim(first);
    struct text second = text_trim(range);
    bool begins = first.len > 0, ends = second.len > 0;
    int64_t from = text_number(first), to = text_number(second);
    if ((begins && from < 0) || (ends && to < 0) || (!begins && !ends) ||
        (begins && ends && to < from))
        return RANGE_ALL;
    if (!begins) { /* the last ones */
        from = to < size ? size - to : 0;
        to = size;
    } else {
        to = !ends || to >= size ? size : to + 1;
    }
    if (from >= to)
        return RANGE_BEYOND;
    *out_from = from;
    *out_to = to;
    return RANGE_PART;
}
