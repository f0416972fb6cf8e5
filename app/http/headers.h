/* headers: what request headers say, as pure functions over texts. source: RFC 9110, 6265, 6454 */
#ifndef SNUG_HTTP_HEADERS_H
#define SNUG_HTTP_HEADERS_H

#include "base/text.h"
#include "http/civetweb_socket.h"

/* The first value of a header, trimmed; empty if there is none (header_count tells). Names without case. */
struct text header_get(const struct door_request *r, const char *name);
unsigned header_count(const struct door_request *r, const char *name);

/* True if the comma-separated list of all headers of that name has the token, without case. */
bool header_has_token(const struct door_request *r, const char *name, struct text token);

/* True if the page's own connection is TLS: this one is, or a proxy in front says so (X-Forwarded-Proto; of several
 * words the first, which is the outermost proxy's). A page of another site cannot set that header. */
bool head_is_secure(const struct door_request *r);

/* True if a proxy passed the request on: then its peer's address says nothing about where it comes from. */
bool head_is_forwarded(const struct door_request *r);

/* Where the request comes from: the peer's address, or, from a proxy on this machine, what that one wrote last into
 * X-Forwarded-For, if it is an address. Others may write there what they like. */
void head_address(const struct door_request *r, char out[46]);

/* The value of a cookie in all Cookie headers; empty: none. The first one wins. */
struct text header_cookie(const struct door_request *r, const char *name);

/* The same in one header's value. */
struct text cookie_find(struct text header, struct text name);

enum coding { CODING_PLAIN, CODING_GZIP, CODING_BROTLI, CODING_COUNT };

/* The best of the offered content codings (bits 1 << CODING_...; plain is always offered) for an Accept-Encoding value;
 * at equal weights brotli, gzip, plain. Weight 0 refuses; where everything is refused plain is sent. */
enum coding coding_choose(struct text accept, unsigned offered);

/* If-None-Match: a list of tags, compared weakly, or a star. etag comes with its quotes. */
bool etag_matches(struct text if_none_match, struct text etag);

enum range { RANGE_ALL, RANGE_PART, RANGE_BEYOND };

/* What a Range header asks of `size` bytes: RANGE_PART: [*out_from, *out_to), not empty; RANGE_BEYOND: there is nothing where it asks.
 * Several parts, other units and what is none are RANGE_ALL: a server may send all. source: RFC 9110 14.1, 14.2 */
enum range range_read(struct text range, int64_t size, int64_t *out_from, int64_t *out_to);

/* True if the media type is `wanted` ("application/json"), whatever parameters follow. */
bool media_is(struct text content_type, struct text wanted);

/* Whether a page of `origin` may call: it is the host's own, or one of the patterns (joined by spaces; a star stands
 * for anything) matches. host: the Host header; secure: head_is_secure. Default ports are equal to none.
 * An opaque origin ("null") is nobody's. */
bool origin_allowed(struct text origin, struct text host, bool secure, struct text patterns);

#endif
