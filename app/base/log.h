/* log: one line an event on stderr, "2026-11-24T10:00:00.123Z level event key=value ...".
 *
 * Values with spaces, quotes or control characters are quoted and escaped, so that nothing from outside can
 * make a second line. Never log secrets: tokens, cookies, passwords, keys, links with a secret. thread: any */
#ifndef SNUG_BASE_LOG_H
#define SNUG_BASE_LOG_H

#include "base/err.h"
#include "base/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* One key and its value; made by KV_TEXT, KV_STR and KV_INT. */
struct log_field {
    const char *key;
    struct text text;
    int64_t number;
    bool is_number;
};

#define KV_TEXT(k, t) ((struct log_field){.key = (k), .text = (t)})
#define KV_STR(k, s) ((struct log_field){.key = (k), .text = text_of(s)})
#define KV_INT(k, n) ((struct log_field){.key = (k), .number = (n), .is_number = true})

/* log_event(LOG_INFO, "client_connected", KV_STR("client", id), KV_INT("room", 4)); */
#define log_event(level, event, ...)                                                               \
    log_fields((level), (event), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})

/* The fields end with a zero one. */
void log_fields(enum log_level level, const char *event, const struct log_field *fields);

/* A level by its name, in any case. */
bool log_level_find(struct text name, enum log_level *out);

/* From now on a thread writes the lines, so that a reader that is behind holds nobody up: at most 1 MiB waits, what does not
 * fit is dropped and counted (log_dropped). Before, and after log_stop, a line is written by who logs it.
 * Signals are not for this thread. errors: ERR_IO no thread */
MUST_USE enum err log_start(void);

/* Waits until what was logged is written, at most so long. */
void log_stop(int64_t timeout_ms);

/* Lines below this level are dropped; LOG_INFO at start. Call before threads. */
void log_set_level(enum log_level level);

#endif
