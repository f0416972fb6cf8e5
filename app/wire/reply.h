/* reply: what the server says, as JSON of the client protocol. Zero values are left out. source: PROTOCOL.md
 *
 * Each function appends one JSON object (without line end) to `out`. What is given as `json` or `data` is raw JSON and
 * is written as it is; the caller has checked it. */
#ifndef SNUG_WIRE_REPLY_H
#define SNUG_WIRE_REPLY_H

#include "base/buf.h"

struct client_info {
    struct text user, client;
    struct text conn_info; /* raw JSON or empty */
};

/* {"id":N,"error":{"code":C,"message":M,"temporary":true}} */
void reply_write_error(struct buf *out, uint32_t id, int code, struct text message, bool temporary);

/* {"id":N,"<command>":<json>}; json is an object; empty: {}. */
void reply_write(struct buf *out, uint32_t id, const char *command, struct text json);

/* A publication object {"data":..,"offset":..,"time":..}; offset 0 and time 0 are left out. data is raw JSON. */
void publication_write(struct buf *out, struct text data, uint64_t offset, int64_t time_ms);

/* {"user":..,"client":..,"conn_info":..} */
void client_info_write(struct buf *out, const struct client_info *info);

/* {"push":{"channel":C,"<kind>":<json>}} with kind pub, join, leave, unsubscribe, message, subscribe, disconnect.
 * An empty channel is left out. */
void push_write(struct buf *out, struct text channel, const char *kind, struct text json);

#endif
