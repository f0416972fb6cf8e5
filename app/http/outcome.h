/* outcome: what a method came to, for doors that wait for it on a thread: kept beyond the handler's answer, and written
 * as the JSON that every such door gives: {"result": {..}} or {"error": {"code", "message", "field"?, "retry_ms"?}}. */
#ifndef SNUG_HTTP_OUTCOME_H
#define SNUG_HTTP_OUTCOME_H

#include "base/buf.h"
#include "base/future.h"
#include "base/method.h"

/* A future whose value is a struct outcome * with texts of its own (free). NULL: no memory. */
struct future *outcome_future(void);

/* A reply that fulfils it, from any thread, also when nobody waits any more; it holds a reference of its own. */
struct reply outcome_reply(struct future *f);

/* Appends one JSON object. */
void outcome_write(struct buf *out, const struct outcome *o);

#endif
