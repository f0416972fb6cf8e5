/* api: the server API: POST /api/<method> for programs that have the API key. Methods, parameters and results are those
 * of Centrifugo 6, so that its client libraries work: {"result": ..} or {"error": {"code", "message"}}, both with 200.
 *
 * One table; method_call checks against it. Handlers run on the worker of the visit that is their ctx, and answer from
 * any thread, maybe after the visit has ended: what they start keeps nothing of it. source: PROTOCOL.md */
#ifndef SNUG_HTTP_API_H
#define SNUG_HTTP_API_H

#include "http/inside.h"

#define API_CHANNELS_MAX 10000 /* of a broadcast */
#define API_COMMANDS_MAX 1000  /* of a batch */
#define API_INFO_MAX 1023      /* bytes of a client's info in a channel */
#define API_DATA_DEPTH_MAX 64  /* levels of a payload */

/* The table, for one visit. */
struct method_set api_methods(struct visit *v);

/* Calls one method and waits at most timeout_ms. out: what it came to, owned by the caller (free)
 * errors: of visit_wait; ERR_NOMEM */
MUST_USE enum err api_call(struct visit *v, struct text method, struct text params,
                           int64_t timeout_ms, struct outcome **out_outcome) ON(role_http);

/* ---- what handlers share. A reply that waits for an answer from elsewhere: */

/* NULL: no memory, and that was answered. */
struct reply *reply_keep(struct reply reply);
/* Frees it and answers: with an error, or (json: a buf that is freed) with its document. */
void reply_kept_error(struct reply *kept, enum err e);
void reply_kept_json(struct reply *kept, struct buf *json);

/* JSON that may come plain or in base64: `name` or "b64" before it. false: it is wrong, and that was answered.
 * out: empty if neither is given; borrowed from args or from `decoded` (to be freed by the caller in any case) */
bool api_payload(const struct args *args, const char *name, struct reply reply, struct buf *decoded,
                 struct text *out_json);

/* Channels of the product are only looked at; false: `channel` is one, and that was answered. */
bool api_may_touch(struct text channel, struct reply reply);
bool api_is_products(struct text channel);

/* ---- handlers. api_channels.c */
method_handler api_publish, api_broadcast, api_history, api_history_remove, api_presence,
    api_presence_stats, api_channels, api_info;

/* api_clients.c */
method_handler api_subscribe, api_unsubscribe, api_disconnect, api_refresh;

/* api.c */
method_handler api_batch;

#endif
