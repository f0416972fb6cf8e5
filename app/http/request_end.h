/* request_end: where a request ends in the bytes that have come, so that it can be given to a worker whole. A pure
 * function over what is there; it judges nothing: what is so wrong that no more bytes would help is called whole, and
 * whoever parses it says what is wrong. thread: any
 * source: RFC 9112 2.1, 6, 7.1 */
#ifndef SNUG_HTTP_REQUEST_END_H
#define SNUG_HTTP_REQUEST_END_H

#include "base/text.h"

struct request_rules {
    size_t head_max; /* bytes of a head, with its empty line */
    size_t
        body_max; /* of a POST's or PUT's body that is waited for; longer ones are for the parser to refuse. 0: no waiting */
    const char *quick_path; /* see `quick`; NULL: none is */
};

enum request_state {
    REQUEST_MORE,      /* more bytes are needed */
    REQUEST_WHOLE,     /* all that is needed is there */
    REQUEST_HEAD_LONG, /* head_max bytes and no end */
    REQUEST_BODY_LONG, /* chunks that are twice as long as what they may carry */
};

/* How far the look has come. Zero is the begin of a request. */
struct request_end {
    size_t at;     /* bytes that need not be looked at again */
    size_t head;   /* length of the head; 0: its end has not come */
    uint64_t left; /* of the body or of this chunk */
    uint64_t carried;
    uint8_t phase;
    bool expects;   /* the client waits for "100 Continue" before it sends the body */
    bool body_came; /* there is a body, and all of it is here */
    bool quick;     /* opens a WebSocket at quick_path and has no cookie */
};

/* Looks at all bytes since the begin of the request, in as many steps as they come in. */
enum request_state request_end_look(struct request_end *s, const struct request_rules *rules,
                                    struct text bytes);

#endif
