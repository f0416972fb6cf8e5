/* reply: what the server says, as JSON of the client protocol. Zero values are left out. source: PROTOCOL.md
 *
 * Each function appends one JSON object (without line end) to `out`. What is given as `json` or `data` is raw JSON and
 * is written as it is; the caller has checked it. */
#ifndef SNUG_WIRE_REPLY_H
#define SNUG_WIRE_REPLY_H

#include "base/buf.h"

struct client_info {
    struct text user, client;
    struct text conn_info, chan_info; /* raw JSON or empty */
};

/* {"id":N,"error":{"code":C,"message":M,"temporary":true}} */
void reply_write_error(struct buf *out, uint32_t id, int code, struct text message, bool temporary);

/* {"id":N,"<command>":<json>}; json is an object; empty: {}. */
void reply_write(struct buf *out, uint32_t id, const char *command, struct text json);

/* A publication; what is empty, 0 or false is left out. */
struct publication {
    struct text data; /* raw JSON; with `delta` the delta's text */
    struct text
        info; /* as client_info_write wrote it: of the client that published; empty: a server did */
    struct text tags; /* raw JSON: an object of texts */
    uint64_t offset;
    int64_t time_ms;
    bool as_text; /* deltas are agreed: data goes as a JSON string that holds its text */
    bool delta;   /* data is a Fossil delta; needs as_text */
};

/* {"data":..,"info":..,"offset":..,"tags":..,"delta":true,"time":..} */
void publication_write(struct buf *out, const struct publication *p);

/* {"user":..,"client":..,"conn_info":..,"chan_info":..} */
void client_info_write(struct buf *out, const struct client_info *info);

/* {"push":{"channel":C,"<kind>":<json>}} with kind pub, join, leave, unsubscribe, message, subscribe, disconnect, refresh.
 * A number stands in place of the channel ("id":N); 0: none. An empty channel is left out. json is as a json_writer wrote it. */
void push_write(struct buf *out, struct text channel, uint64_t number, const char *kind,
                struct text json);

#endif
