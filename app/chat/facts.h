/* facts: what the index knows of a message beside its words: author, room, day, a link, code, a file. Each is a word of the column
 * `facts` (the view message_indexed makes them): all, a12, r5, y2026 m202611 d20261129 (UTC), hl, hc, hf. */
#ifndef SNUG_CHAT_FACTS_H
#define SNUG_CHAT_FACTS_H

#include "base/buf.h"

#define DAY_MS INT64_C(86400000)
#define DAYS_END                                                                                   \
    47847 /* 2101-01-01: later times count as the day before, earlier than 1970 as its first */

enum fact { FACT_LINK = 1, FACT_CODE = 2, FACT_FILE = 4 };

/* http:// or https:// with something behind it; something between two backticks, a fence among it. As the view sees it.
 * files: message.files. out: bits of enum fact */
unsigned facts_of(struct text text, struct text files);

/* The names of message.files, a line each, which are looked for below its text. Into `out`, which is cleared before. */
struct text facts_names(struct text files, struct buf *out);

/* The day (since 1970-01-01) that "2026-11-01" names, of 1970 to 2100; -1: none. */
int64_t day_read(struct text t);

/* Appends an expression for the days that have a time in [since_ms, until_ms), since < until: whole years and months as
 * such. The days at both ends may have other times too. */
void facts_add_days(struct buf *out, int64_t since_ms, int64_t until_ms);

#endif
