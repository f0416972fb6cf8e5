/* ws_client: the client's side of RFC 6455 as pure functions: the request to upgrade, its answer, frames in and out.
 *
 * Nothing is kept between two calls but the caller's own bytes, and nothing is allocated: frames are taken off the front
 * of a buffer as they become whole. Text is not checked to be UTF-8: a mark is found in it or not.
 * source: RFC 6455 4.1, 5; RFC 7692 7.1 */
#ifndef SNUG_LOAD_WS_CLIENT_H
#define SNUG_LOAD_WS_CLIENT_H

#include "base/buf.h"

enum ws_client_kind {
    WS_CLIENT_MORE,    /* nothing is whole: come again with the same bytes and more behind them */
    WS_CLIENT_MESSAGE, /* text or binary: payload, compressed */
    WS_CLIENT_PING,    /* payload is to be sent back */
    WS_CLIENT_PONG,
    WS_CLIENT_CLOSE, /* payload: two bytes of code, if any, and a reason */
    WS_CLIENT_BAD,   /* why: what the server may not send */
};

struct ws_client_event {
    enum ws_client_kind kind;
    bool compressed;     /* RSV1 was set */
    struct text payload; /* borrowed from the bytes, until they change */
    char control[125];   /* what the payload of a control frame points to */
    const char *why;
};

/* Takes one event off the front of `bytes`, which may be changed in place: parts of a message are joined, control frames
 * between them come first. *out_used bytes are done with; with MORE it is 0. */
void ws_client_take(unsigned char *bytes, size_t len, bool deflate, struct ws_client_event *out,
                    size_t *out_used);

#define WS_CLIENT_HEADER_MAX 14

/* The masked header of one whole frame; returns its length. The payload is to be masked with `mask` behind it. */
size_t ws_client_header(unsigned char out[WS_CLIENT_HEADER_MAX], unsigned opcode,
                        size_t payload_len, uint32_t mask);
void ws_client_mask(unsigned char *payload, size_t len, uint32_t mask);

struct ws_client_request {
    const char *authority, *path;
    const char *room; /* appended to the path's last part with a slash; "" is none */
    const char *key;  /* 16 bytes in base64 */
    bool deflate;     /* offer compression without a window that is kept */
};

/* Appends the whole request. */
void ws_client_request(const struct ws_client_request *r, struct buf *out);

/* What an answer came to. */
struct ws_client_answer {
    unsigned status; /* of HTTP; 101 is as good as checked: the key's answer was right */
    bool deflate;
    const char *
        why; /* NULL: upgraded; else a sentence's end for a 101 that cannot be used, or "" for another status */
};

/* Reads an answer's head. Returns its length with the empty line, 0 while it is not whole, or -1 if it is no HTTP.
 * `accept` is what Sec-WebSocket-Accept must be. */
long ws_client_answer(struct text bytes, const char *accept, bool deflate_asked,
                      struct ws_client_answer *out);

#endif
